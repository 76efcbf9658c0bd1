using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansTasks.Worker.Processes;

namespace OrleansTasks.Handlers;

/// <summary>Runs commands as handlers in this process.</summary>
/// <param name="handlers">The handlers.</param>
/// <param name="scopes">Creates the scope of each attempt.</param>
/// <param name="workFolder">The folder that has the attempts' folders.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The logger.</param>
internal sealed partial class HandlerHost(
    HandlerTable handlers, IServiceScopeFactory scopes, string workFolder, TimeProvider time, ILogger logger) : IProcessHost
{
    private readonly ConcurrentDictionary<HandlerRun, bool> running = [];

    /// <inheritdoc/>
    public bool IsEnding => false;

    /// <summary>The handlers.</summary>
    internal HandlerTable Handlers => handlers;

    /// <summary>Creates the scope of each attempt.</summary>
    internal IServiceScopeFactory Scopes => scopes;

    /// <summary>The clock.</summary>
    internal TimeProvider Time => time;

    /// <inheritdoc cref="HandlerWorkerOptions.EndProcessAfter"/>
    internal TimeSpan? EndProcessAfter { get; init; }

    /// <summary>Ends this process at once, with a reason.</summary>
    internal Action<string> EndProcess { get; init; } = Environment.FailFast;

    /// <summary>The number of attempts whose handlers have not returned.</summary>
    internal int Running => running.Count;

    /// <inheritdoc/>
    public IRunningProcess Start(StartRequest request)
    {
        if (request.Arguments is not [{ Length: > 0 }, ..])
            throw new ArgumentException("The command is empty. Its first word must name a handler.", nameof(request));
        var run = new HandlerRun(this, request);
        running[run] = true;
        run.Begin();
        return run;
    }

    /// <summary>Returns the folder of an attempt, which does not exist yet.</summary>
    internal WorkingFolder FolderOf(string task, string attempt) => new(Path.Combine(workFolder, $"{task}-{attempt}"), logger);

    /// <summary>Notes that an attempt has ended.</summary>
    internal void Forget(HandlerRun run) => running.TryRemove(run, out _);

    /// <summary>Logs that a handler has thrown.</summary>
    [LoggerMessage(EventId = 3902, Level = LogLevel.Warning, Message = "Handler {Handler} failed attempt {Attempt} of task {TaskId}.")]
    internal partial void HandlerFailed(Exception failure, string handler, string taskId, int attempt);

    /// <summary>Logs why the process ends.</summary>
    [LoggerMessage(EventId = 3903, Level = LogLevel.Critical, Message = "{Message} The process ends.")]
    internal partial void HandlerOverdue(string message);
}
