using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using OrleansTasks.Folders;
using OrleansTasks.Lifetime;
using OrleansTasks.Worker.Agent;
using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Processes.Interop;
using OrleansTasks.Worker.Supervision;

namespace OrleansTasks.Worker.Handover;

/// <summary>
/// Replaces this process's program by the one that is installed now, which then takes over the running commands, their
/// pipes and all unsettled results. If anything speaks against it, the reason is logged and this program continues.
/// </summary>
/// <remarks>
/// <code>
/// asked ──► checking ──► holding ──► replaced      the installed program says whether it could start; then everything
///   ▲           │           │                      is held still and written down
///   └──refused──┴──refused──┘
/// </code>
/// It has a thread of its own, created at the start: other threads may have the rights or the marks of a task, which
/// the next program would inherit.
/// </remarks>
internal sealed partial class ProgramUpgrade
{
    private static readonly TimeSpan CheckLimit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan HoldLimit = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(50);
    private const int MostTries = 10;

    private readonly AutoResetEvent asked = new(false);
    private readonly ManualResetEventSlim never = new();
    private readonly TaskCompletionSource<Work> begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly string terms;
    private readonly Lock signalGate;
    private readonly Func<bool> isStopping;
    private readonly ILogger logger;

    /// <summary>Creates the thread, with the calling thread's rights.</summary>
    /// <param name="terms">See <see cref="HandoverTerms"/>.</param>
    /// <param name="signalGate">Held while this process reads a signal; see <see cref="SignalReader"/>.</param>
    /// <param name="isStopping">Whether the worker was asked to end.</param>
    /// <param name="logger">Logs what speaks against a replacement.</param>
    internal ProgramUpgrade(string terms, Lock signalGate, Func<bool> isStopping, ILogger logger)
    {
        (this.terms, this.signalGate, this.isStopping, this.logger) = (terms, signalGate, isStopping, logger);
        new Thread(Run, 256 * 1024) { IsBackground = true, Name = "upgrade" }.Start();
    }

    /// <summary>Asks for a replacement. Several requests before it begins count as one.</summary>
    internal void Ask() => asked.Set();

    /// <summary>Sets what is to be handed over. Requests wait until then.</summary>
    internal void Begin(FolderLock folder, string instance, ProcessHost host, NodeAgent agent) =>
        begun.TrySetResult(new(folder, instance, host, agent));

    private void Run()
    {
        while (true)
        {
            asked.WaitOne();
            Upgrade(begun.Task.GetAwaiter().GetResult());
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever fails, the worker continues with this program.")]
    private void Upgrade(Work work)
    {
        try
        {
            var image = new ProgramImage();
            var fault = image.Check(HandoverTerms.Variable, terms, CheckLimit);
            for (var tries = 1; fault is null; tries++)
            {
                if (isStopping())
                    fault = "the worker is about to end";
                else if (TryReplace(image, work) is { } why)
                    fault = why;
                else if (tries == MostTries)
                    fault = "a command is being started and does not get there, or something else cannot be held still";
                else
                    never.Wait(RetryPause);
            }

            Refused(fault);
        }
        catch (Exception failure)
        {
            Refused(failure.Message);
        }
    }

    /// <summary>
    /// Replaces the program. Returns why that is not possible, or null if it may be possible a moment later.
    /// </summary>
    private string? TryReplace(ProgramImage image, Work work)
    {
        using var freeze = work.Host.TryFreeze(HoldLimit);
        if (freeze is null)
            return null;
        var handedOver = new HashSet<RunningProcess>();
        if (work.Agent.TryHold(freeze, handedOver, HoldLimit) is not { } agent)
            return null;
        try
        {
            return Replace(image, new HandoverDocument
            {
                WrittenAt = BootClock.Instance.GetTimestamp(),
                FolderLock = work.Folder.Descriptor,
                Instance = work.Instance,
                Agent = agent,
                Host = freeze.ToRecord(handedOver),
            });
        }
        finally
        {
            work.Agent.Resume();
        }
    }

    private string Replace(ProgramImage image, HandoverDocument document)
    {
        var file = HandoverFile.Write(document);
        foreach (var inherited in HandoverFile.DescriptorsOf(document))
            _ = Libc.fcntl(inherited, Libc.F_SETFD, 0);
        var environment = ProgramImage.EnvironmentWith(AgentMark.Variable, Supervised.MarkForNext(inherits: true), HandoverFile.Variable);
        environment.Add(new(HandoverFile.Variable, HandoverFile.MarkOf(file)));
        string why;
        lock (signalGate)
            why = isStopping() ? "the worker is about to end" : image.Replace(environment);
        _ = Supervised.MarkForNext(inherits: false);
        foreach (var inherited in HandoverFile.DescriptorsOf(document))
            _ = Libc.fcntl(inherited, Libc.F_SETFD, Libc.FD_CLOEXEC);
        _ = Libc.close(file);
        return why;
    }

    [LoggerMessage(EventId = 3801, Level = LogLevel.Error,
        Message = "The worker was not upgraded and continues as it is: {Reason}")]
    private partial void Refused(string reason);

    private sealed record Work(FolderLock Folder, string Instance, ProcessHost Host, NodeAgent Agent);
}
