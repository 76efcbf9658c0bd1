global using System.Collections.Immutable;
global using System.Numerics;
global using OrleansTasks.Processing.Binary;
global using OrleansTasks.Processing.Json;
