using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Agent;

/// <summary>Where results are that the master has not settled: they survive the worker.</summary>
internal interface IResultLog : IDisposable
{
    /// <summary>Whether nothing is in it.</summary>
    bool IsEmpty { get; }

    /// <summary>Reads every whole record and leaves the log ready for more.</summary>
    List<Result> Read();

    /// <summary>Adds results; they are durable when it returns.</summary>
    /// <exception cref="IOException">They could not be written.</exception>
    void Append(IReadOnlyCollection<Result> results);

    /// <summary>
    /// Has these results alone from now on; they are durable when it returns. Whoever dies meanwhile leaves what was there before, or
    /// these.
    /// </summary>
    /// <exception cref="IOException">They could not be written; what was there before stays.</exception>
    void Replace(IReadOnlyCollection<Result> results);

    /// <summary>Removes everything.</summary>
    void Clear();
}
