namespace OrleansTasks.Simulation.Worker;

/// <summary>Sees every process tree of every worker begin and end.</summary>
internal interface IProcessWatch
{
    /// <summary>A tree lives from now on, as one of so many of its worker.</summary>
    void Began(int worker, SimTree tree, int living);

    /// <summary>A chunk, leased under this id, is being evaluated from now on, as one of so many trees and chunks of its worker.</summary>
    void ChunkBegan(int worker, string task, int living);

    /// <summary>A tree is dead.</summary>
    void Ended(int worker, SimTree tree);

    /// <summary>The agent of a worker stands still from now on.</summary>
    void Froze(int worker);

    /// <summary>The agent of a worker goes on, or is dead and its supervisor kills.</summary>
    void Thawed(int worker);
}
