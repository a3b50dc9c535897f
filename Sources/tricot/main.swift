print("tricot")
