global using System.Collections.Immutable;
global using OrleansTasks.Engine.Embedded;
