global using System.Collections.Immutable;
global using OrleansTasks.Simulation.Engine;
