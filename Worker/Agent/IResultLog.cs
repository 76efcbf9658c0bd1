using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Agent;

/// <summary>A store for results that the master has not settled; it survives the worker.</summary>
internal interface IResultLog : IDisposable
{
    /// <summary>Whether the log is empty.</summary>
    bool IsEmpty { get; }

    /// <summary>Reads all complete records and leaves the log ready for more.</summary>
    List<Result> Read();

    /// <summary>Adds results. They are durable when it returns.</summary>
    /// <exception cref="IOException">The results could not be written.</exception>
    void Append(IReadOnlyCollection<Result> results);

    /// <summary>
    /// Replaces all results. The new ones are durable when it returns; a crash leaves either the old ones or the new
    /// ones.
    /// </summary>
    /// <exception cref="IOException">The results could not be written; the old ones remain.</exception>
    void Replace(IReadOnlyCollection<Result> results);

    /// <summary>Removes all results.</summary>
    void Clear();
}
