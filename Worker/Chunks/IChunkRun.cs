using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Chunks;

/// <summary>One chunk that is evaluated on a slot.</summary>
internal interface IChunkRun : IStoppable
{
    /// <summary>Begins; the callback gets the result, or null when the evaluation was stopped.</summary>
    void Start(Action<Result?> ended);
}
