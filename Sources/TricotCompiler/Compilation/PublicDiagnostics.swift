// What the library throws and finds is part of its face.
@_exported public import Diagnostics
