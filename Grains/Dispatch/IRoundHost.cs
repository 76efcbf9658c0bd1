using OrleansTasks.Schedules;

namespace OrleansTasks.Dispatch;

/// <summary>
/// What a <see cref="RoundLoop"/> asks of its grain. Answers arrive as operations. The loop awaits none of them.
/// </summary>
internal interface IRoundHost
{
    /// <summary>
    /// Subscribes to the fleet, with the version of the snapshot that the core has. May fail: the next call makes up
    /// for it.
    /// </summary>
    Task AskFleet(long known);

    /// <summary>Asks which attempts a worker had when its session began: lost ones end at once. May fail.</summary>
    Task AskNode(string node, long session);

    /// <summary>Asks a node for the files of a schedule's folder. Enqueues an answer in any case.</summary>
    Task AskFolder(FolderLook look);

    /// <summary>Ends the activation, whose loop serves no more calls.</summary>
    void EndActivation();
}
