// expect: SYNTAX_ERROR
enum Colour { Red }
return Colour.Red;
