// What start-up times are compared with: a native program that does nothing.
return 0;
