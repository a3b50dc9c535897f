// Whoever makes random networks needs seeded numbers.
@_exported import Basics
