using System.Buffers;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Handlers;

/// <summary>
/// One attempt that a handler runs. To the agent it looks like a process: it can be stopped, its output is kept up to
/// the task's bound, and it ends with an outcome. A stop only cancels the handler's token; the attempt lives until the
/// handler returns.
/// </summary>
internal sealed class HandlerRun : IRunningProcess
{
    private const int LargestPiece = 64 * 1024;
    private static readonly ActivitySource Source = new("OrleansTasks.Handlers");

    private readonly HandlerHost host;
    private readonly StartRequest request;
    private readonly Dictionary<string, string> environment;
    private readonly CancellationTokenSource stopping = new();
    private readonly TaskCompletionSource<ProcessOutcome> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock gate = new();
    private readonly Lock outputGate = new();
    private readonly OutputCapture standardOutput;
    private readonly OutputCapture standardError;
    private readonly DateTimeOffset startedAt;
    private ITimer? timeout;
    private ITimer? overdue;
    private ProcessEndReason? stopReason;
    private bool hasReturned;
    private bool hasEnded;
    private bool isKilled;
    private bool outputClosed;
    private TaskCompletionSource? room;
    private Exception? sinkFailure;

    /// <summary>First null, then the follower to call at the end, then the outcome. Changed atomically.</summary>
    private object? followerOrOutcome;

    internal HandlerRun(HandlerHost host, StartRequest request)
    {
        (this.host, this.request) = (host, request);
        standardOutput = new(StandardStream.Output, request.MaxOutputBytes, request.HidesProgress);
        standardError = new(StandardStream.Error, request.MaxOutputBytes, request.HidesProgress);
        startedAt = host.Time.GetUtcNow();
        environment = [];
        foreach (var (name, value) in request.Environment)
            environment[name] = value;
    }

    /// <inheritdoc/>
    public Task<ProcessOutcome> Completion => completion.Task;

    /// <summary>
    /// This process, since a handler begins at once: an attempt that is put back gets another number.
    /// </summary>
    public int ProcessId => Environment.ProcessId;

    /// <inheritdoc/>
    public void Follow(Action<ProcessOutcome> follower)
    {
        if (Interlocked.CompareExchange(ref followerOrOutcome, follower, null) is ProcessOutcome outcome)
            follower(outcome);
    }

    /// <inheritdoc/>
    public void Cancel(TimeSpan killGrace) => Stop(ProcessEndReason.Cancelled);

    /// <inheritdoc/>
    public void KillNow()
    {
        Stop(ProcessEndReason.Killed);
        // The service may be out of reach, so nothing waits for it any more.
        lock (outputGate)
            isKilled = true;
        ResumeOutput();
        if (host.EndProcessAfter is not { } limit)
            return;
        lock (gate)
        {
            if (!hasReturned)
                overdue ??= NewTimer(static run => ((HandlerRun)run!).EndProcess(), limit);
        }
    }

    /// <inheritdoc/>
    public Task<bool> WriteInputAsync(ReadOnlyMemory<byte> bytes) =>
        throw new InvalidOperationException("A handler has no open input.");

    /// <inheritdoc/>
    public void CloseInput() => throw new InvalidOperationException("A handler has no open input.");

    /// <inheritdoc/>
    public void ResumeOutput()
    {
        TaskCompletionSource? resumed;
        lock (outputGate)
            (resumed, room) = (room, null);
        resumed?.SetResult();
    }

    /// <summary>Lets the handler begin on a thread of the pool.</summary>
    internal void Begin()
    {
        if (request.Files is not { HasInputs: true })
            StartTimeout();
        ThreadPool.UnsafeQueueUserWorkItem(static run => _ = run.RunAsync(), this, preferLocal: false);
    }

    /// <summary>
    /// Takes output. Completes once there is room for more. Output beyond the task's bound is counted and dropped.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The attempt has ended.</exception>
    internal async ValueTask WriteAsync(
        StandardStream stream, ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        while (!bytes.IsEmpty)
        {
            var piece = bytes[..Math.Min(bytes.Length, LargestPiece)];
            bytes = bytes[piece.Length..];
            if (Add(stream, piece.Span) is { } full)
                await full.WaitAsync(cancellation);
        }
    }

    /// <summary>Adds a piece. Returns a task to wait for before the next one; null if there is room.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "The outcome carries it, as that of a process does.")]
    private Task? Add(StandardStream stream, ReadOnlySpan<byte> piece)
    {
        var array = ArrayPool<byte>.Shared.Rent(piece.Length);
        piece.CopyTo(array);
        var isKept = false;
        try
        {
            lock (outputGate)
            {
                ObjectDisposedException.ThrowIf(outputClosed, this);
                var sink = sinkFailure is null ? request.Output : null;
                var capture = stream == StandardStream.Output ? standardOutput : standardError;
                try
                {
                    isKept = capture.Add(array, piece.Length, sink);
                }
                catch (Exception failure)
                {
                    sinkFailure = failure;
                }

                if (isKilled || sink is not { IsFull: true })
                    return null;
                return (room ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }
        }
        finally
        {
            if (!isKept)
                ArrayPool<byte>.Shared.Return(array);
        }
    }

    private ITimer NewTimer(TimerCallback callback, TimeSpan due) =>
        host.Time.CreateTimer(callback, this, due, Timeout.InfiniteTimeSpan);

    private void Stop(ProcessEndReason reason)
    {
        lock (gate)
        {
            if (hasEnded)
                return;
            stopReason ??= reason;
        }

        // Files of an attempt whose time is over may be kept.
        if (reason != ProcessEndReason.Timeout)
            request.Files?.Stop();
        // Runs elsewhere, because the handler's reaction must not hold up the agent.
        _ = stopping.CancelAsync();
    }

    private void StartTimeout()
    {
        if (request.Timeout is not { } limit)
            return;
        lock (gate)
            timeout = NewTimer(static run => ((HandlerRun)run!).Stop(ProcessEndReason.Timeout), limit);
    }

    private void EndProcess()
    {
        lock (gate)
        {
            if (hasReturned)
                return;
        }

        var message =
            $"The handler of task {environment["TASK_ID"]} has ignored for {host.EndProcessAfter} that its attempt was killed.";
        host.HandlerOverdue(message);
        host.EndProcess(message);
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever the handler throws ends its attempt, and nothing else.")]
    private async Task RunAsync()
    {
        AttemptEnd end;
        var folder = host.FolderOf(environment["TASK_ID"], environment["TASK_ATTEMPT"]);
        try
        {
            end = Put(folder) ?? await RunHandlerAsync(folder);
        }
        catch (Exception failure)
        {
            end = AttemptEnd.Unstarted(Readable(failure).Message);
        }

        End(end, folder);
    }

    /// <summary>Puts the inputs into the folder. Returns how the attempt ends if the handler cannot start.</summary>
    private AttemptEnd? Put(WorkingFolder folder)
    {
        if (request.Files is not { HasInputs: true } files)
            return null;
        try
        {
            if (files.PutInto(folder.Path, null) is { } fault)
                return AttemptEnd.WithoutInputs(fault);
            StartTimeout();
            return null;
        }
        catch (OperationCanceledException)
        {
            return AttemptEnd.Stopped;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return AttemptEnd.WithoutInputs(failure.Message);
        }
    }

    private async Task<AttemptEnd> RunHandlerAsync(WorkingFolder folder)
    {
        if (stopping.IsCancellationRequested)
            return AttemptEnd.Stopped;
        if (!CommandWords.TrySplit(request.Arguments, out var words, out var fault))
            return AttemptEnd.Unstarted(fault);
        if (host.Handlers.Find(words[0]) is not { } registration)
            return AttemptEnd.Unstarted(host.Handlers.Unknown(words[0]));
        var hasBegun = false;
        try
        {
            await using var scope = host.Scopes.CreateAsyncScope();
            var handler = registration.Create(scope.ServiceProvider);
            hasBegun = true;
            await using var output = new HandlerStream(this, StandardStream.Output);
            await using var error = new HandlerStream(this, StandardStream.Error);
            var context = new TaskContext(words[0], [.. words.Skip(1)], request, environment, folder, output, error);
            using var span = Source.StartActivity(
                "handler " + words[0], ActivityKind.Internal, environment.GetValueOrDefault("TRACEPARENT"));
            return await RunAsync(handler, context);
        }
        catch (Exception failure) when (hasBegun)
        {
            // The handler has returned, but its services cannot be disposed of.
            return await FailAsync(failure, words[0]);
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever the handler throws is how its attempt has failed.")]
    private async Task<AttemptEnd> RunAsync(ITaskHandler handler, TaskContext context)
    {
        try
        {
            var result = await handler.RunAsync(context, stopping.Token);
            if (result is { Message: { } message })
                await WriteErrorAsync(message);
            return result is null ? new(0, default) : new(result.ExitCode, result.Value);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return AttemptEnd.Stopped;
        }
        catch (Exception failure)
        {
            return await FailAsync(failure, context.Handler);
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "A logger that throws does not change how the attempt ended.")]
    private async Task<AttemptEnd> FailAsync(Exception failure, string handler)
    {
        var readable = Readable(failure);
        try
        {
            host.HandlerFailed(readable, handler, environment["TASK_ID"], int.Parse(environment["TASK_ATTEMPT"], CultureInfo.InvariantCulture));
        }
        catch (Exception)
        {
            // The attempt's output tells what happened.
        }

        await WriteErrorAsync(readable.ToString());
        return new(1, default);
    }

    /// <summary>Writes a line of our own. The handler may have disposed of its writer, or still be using it.</summary>
    private ValueTask WriteErrorAsync(string line) =>
        WriteAsync(StandardStream.Error, Encoding.UTF8.GetBytes(line + "\n"), CancellationToken.None);

    /// <summary>Returns an exception, or one that replaces it if its text cannot be read.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "An exception's text is the handler's code, which may throw anything.")]
    private static Exception Readable(Exception failure)
    {
        try
        {
            return failure is { Message: not null } && failure.ToString() is not null ? failure : Unreadable(failure);
        }
        catch (Exception)
        {
            return Unreadable(failure);
        }
    }

    private static InvalidOperationException Unreadable(Exception failure) =>
        new($"A {failure.GetType()} was thrown, whose text cannot be read.");

    private void End(AttemptEnd end, WorkingFolder folder)
    {
        ProcessEndReason? stopped;
        lock (gate)
        {
            hasReturned = true;
            stopped = stopReason;
            timeout?.Dispose();
            overdue?.Dispose();
        }

        lock (outputGate)
        {
            outputClosed = true;
            sinkFailure = OutputCapture.End([standardOutput, standardError], request.Output, sinkFailure);
        }

        var (reason, message) = ReasonOf(end, stopped);
        var outcome = new ProcessOutcome
        {
            Reason = reason,
            Message = message,
            ExitCode = end.ExitCode,
            StandardOutput = standardOutput.ToCapture(),
            StandardError = standardError.ToCapture(),
            Result = reason == ProcessEndReason.Exit && end.ExitCode == 0 && request.TakesResult ? end.Value : default,
            StartedAt = startedAt,
            EndedAt = host.Time.GetUtcNow(),
            SinkFailure = sinkFailure,
        };
        outcome = Collect(outcome, folder);
        lock (gate)
            hasEnded = true;
        folder.Remove();
        request.Files?.Dispose();
        host.Forget(this);
        var follower = Interlocked.Exchange(ref followerOrOutcome, outcome) as Action<ProcessOutcome>;
        completion.SetResult(outcome);
        follower?.Invoke(outcome);
    }

    /// <summary>Adds the artifacts, unless the handler has not begun. The attempt can still be stopped.</summary>
    private ProcessOutcome Collect(ProcessOutcome outcome, WorkingFolder folder)
    {
        if (request.Files is not { HasArtifacts: true } files
            || outcome.Reason is ProcessEndReason.SpawnFailed or ProcessEndReason.FileUnavailable)
            return outcome;
        try
        {
            return files.Collect(outcome, folder.Path, null);
        }
        catch (OperationCanceledException)
        {
            lock (gate)
                return outcome with { Reason = stopReason ?? ProcessEndReason.Killed };
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // The folder cannot be created.
            return outcome with { Reason = ProcessEndReason.ArtifactMissing, Message = failure.Message };
        }
    }

    private (ProcessEndReason Reason, string? Message) ReasonOf(AttemptEnd end, ProcessEndReason? stopped)
    {
        if (stopped is { } reason)
            return (reason, null);
        if (end.ExitCode is null)
            return (end.WhyUnstarted, end.Message);
        if (end.ExitCode == 0 && request.TakesResult && !end.Value.IsEmpty && ResultForm.FaultOf(end.Value.Span) is { } fault)
            return (ProcessEndReason.BadResult, fault);
        return (ProcessEndReason.Exit, null);
    }

    /// <summary>
    /// How the handler has left: with an exit code, or without because it never began or was stopped.
    /// </summary>
    private readonly record struct AttemptEnd(
        int? ExitCode, ReadOnlyMemory<byte> Value, string? Message = null,
        ProcessEndReason WhyUnstarted = ProcessEndReason.SpawnFailed)
    {
        internal static AttemptEnd Stopped => default;

        internal static AttemptEnd Unstarted(string message) => new(null, default, message);

        internal static AttemptEnd WithoutInputs(string message) =>
            new(null, default, message, ProcessEndReason.FileUnavailable);
    }
}
