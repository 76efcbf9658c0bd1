using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Chunks;

/// <summary>One chunk that is evaluated on a slot.</summary>
internal interface IChunkRun : IStoppable
{
    /// <summary>
    /// Starts the evaluation. The callback receives the result, or null if the evaluation was stopped.
    /// </summary>
    void Start(Action<Result?> ended);
}
