namespace OrleansTasks.Simulation.Engine;

/// <summary>A piece of work for one turn. It does not throw.</summary>
internal interface ITurn
{
    void Run();
}
