// Empty: ../../metal.h has the types.
