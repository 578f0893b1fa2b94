"""How a material cracks, yields, tires and strains: equations in UFL and the numbers that they take, on no mesh."""
