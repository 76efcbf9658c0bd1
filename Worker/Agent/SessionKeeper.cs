using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using OrleansTasks.Worker.Protocol;
using OrleansTasks.Worker.Trust;

namespace OrleansTasks.Worker.Agent;

/// <summary>
/// Opens a session with the master and keeps it by heartbeats. When a session is lost, it opens another one.
/// </summary>
internal sealed partial class SessionKeeper(AgentState state, AttemptRunner runner, ILogger logger)
{
    // Short, so that a master that is back hears of the running attempts before their leases end.
    private readonly Backoff backoff = state.NewBackoff(TimeSpan.FromSeconds(1));
    private readonly FailureNews failures = new(state.Time);
    private readonly SessionLosses losses = new(state.Time);
    private readonly Lock hurrying = new();
    private TimeSpan lease;
    private TimeSpan heartbeat = TimeSpan.FromSeconds(2);
    private CancellationTokenSource? hurry;

    // Whether the next heartbeat is to be sent as soon as the current call is answered.
    private bool isHurried;
    private TaskCompletionSource? registering;

    // The ways to isolate commands that the agent learned after its creation.
    private uint learned;
    private bool stoppedOpening;
    private readonly Queue<long> sessions = new();

    /// <summary>Completes when the first session is open.</summary>
    internal TaskCompletionSource Registered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The sessions of this run, the latest ones, in their order.</summary>
    internal IEnumerable<long> Sessions => sessions;

    /// <summary>Continues a run of an earlier program of this process. Called before the start.</summary>
    internal void Restore(IEnumerable<long> earlier)
    {
        foreach (var session in earlier)
            sessions.Enqueue(session);
    }

    /// <summary>Registers and sends heartbeats until cancelled.</summary>
    /// <exception cref="NameTakenException">Another worker has the name, and the options say not to wait.</exception>
    /// <exception cref="IdentityRefusedException">The master does not accept this worker's identity.</exception>
    [SuppressMessage("Design", "CA1031", Justification = "Whatever a call failed of, it is repeated.")]
    internal async Task RunAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            TimeSpan? wait = null;
            try
            {
                if (state.Session.Current == 0 ? await TryRegisterAsync(cancellation) : await BeatAsync(cancellation))
                    wait = heartbeat;
                else if (state.Session.Current != 0)
                    continue;
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure) when (failure is not (NameTakenException or IdentityRefusedException))
            {
                if (failures.IsNews(failure.Message))
                    ReportFailed(CallFailure.LevelOf(failure), CallFailure.Fault(failure), failure.Message, state.Session.Current);
            }

            await PauseAsync(wait ?? backoff.Next(), cancellation);
        }
    }

    /// <summary>
    /// Takes a way in which the worker can isolate commands by now, and sends the next heartbeat at once, or as soon as
    /// the current call is answered. A new session would end the command stream, and the node would take no work until
    /// the next stream is open.
    /// </summary>
    internal void Learn(uint isolates)
    {
        Interlocked.Or(ref learned, isolates);
        HurryNext();
    }

    private uint Isolates => state.Options.Isolates | Volatile.Read(ref learned);

    /// <summary>
    /// Sends the next heartbeat at once, because the session has become doubtful.
    /// If a heartbeat has just failed, its repetition waits as usual.
    /// </summary>
    internal void Hurry()
    {
        lock (hurrying)
            hurry?.Cancel();
    }

    /// <summary>
    /// Handles the start of an attempt. If its command arrived so late that its lease may end before the next heartbeat
    /// renews it, that heartbeat is sent at once, or as soon as the current one is answered.
    /// </summary>
    /// <param name="left">How long the attempt may still run.</param>
    internal void Begun(TimeSpan left)
    {
        if (left < heartbeat * 1.5)
            HurryNext();
    }

    /// <summary>As <see cref="Hurry"/>, but if a call is in progress, a heartbeat follows it at once.</summary>
    private void HurryNext()
    {
        lock (hurrying)
        {
            isHurried = hurry is null;
            hurry?.Cancel();
        }
    }

    private async Task PauseAsync(TimeSpan wait, CancellationToken cancellation)
    {
        if (state.Session.Current == 0)
        {
            await state.Pause(wait < heartbeat ? wait : heartbeat, cancellation);
            return;
        }

        using var until = CancellationTokenSource.CreateLinkedTokenSource(cancellation, state.Session.Ended);
        lock (hurrying)
        {
            var isFailed = wait < heartbeat;
            if (isHurried && !isFailed)
            {
                isHurried = false;
                return;
            }

            hurry = isFailed ? null : until;
        }

        await state.Pause(wait < heartbeat ? wait : heartbeat, until.Token);
        lock (hurrying)
            hurry = null;
    }

    /// <summary>
    /// Opens no more sessions. Otherwise a session that ends during the goodbye would be replaced by one that nobody
    /// ends, and the master would take the worker for a ready one until the lease lapses.
    /// </summary>
    internal void StopOpening()
    {
        lock (state.Gate)
            stoppedOpening = true;
    }

    /// <summary>
    /// Waits for the answer of a registration in progress, so that a worker that leaves knows its session.
    /// </summary>
    internal Task SettleAsync(CancellationToken cancellation)
    {
        lock (state.Gate)
            return registering?.Task.OrCancelledAsync(cancellation) ?? Task.CompletedTask;
    }

    /// <summary>Reports that this worker accepts no more tasks. Every later heartbeat reports it too.</summary>
    internal Task LeaveAsync(CancellationToken cancellation) =>
        state.Master.ReportStatus(NewReport(state.Session.Current), cancellation).OrCancelledAsync(cancellation);

    /// <summary>Reports that no task of this worker runs any more and that it leaves.</summary>
    internal Task GoodbyeAsync(CancellationToken cancellation)
    {
        var report = NewReport(state.Session.Current);
        report.Goodbye = true;
        return state.Master.ReportStatus(report, cancellation).OrCancelledAsync(cancellation);
    }

    /// <summary>
    /// Registers. Returns false without registering if this worker is leaving and has nothing to report, or says
    /// goodbye.
    /// </summary>
    private async Task<bool> TryRegisterAsync(CancellationToken cancellation)
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (state.Gate)
        {
            if (stoppedOpening || state.Held is { Draining: true, Count: 0 })
                return false;
            registering = asked;
        }

        try
        {
            return await RegisterAsync(cancellation);
        }
        finally
        {
            lock (state.Gate)
                registering = null;
            asked.SetResult();
        }
    }

    /// <summary>Asks the master for a session.</summary>
    /// <returns>
    /// True to wait for a heartbeat's interval; false to send the first heartbeat at once, or to retry.
    /// </returns>
    private async Task<bool> RegisterAsync(CancellationToken cancellation)
    {
        var report = NewReport(0);
        bool nothingHeld;
        lock (state.Gate)
            nothingHeld = state.Held.Count == 0;
        report.Registration = NewRegistration();
        var sentAt = state.Lease.Now();
        var answer = await state.Call(
            c => state.Master.ReportStatus(report, c), state.Options.CallTimeout, cancellation);
        if (answer.Outcome == StatusAnswer.Types.Outcome.NameTaken)
        {
            if (!state.Options.WaitsForName && answer.LeaseMs == 0)
                throw new NameTakenException(state.Options.NodeId);
            if (answer.LeaseMs == 0)
                NameTaken(state.Options.NodeId);
            else
                NameUnknown(state.Options.NodeId, answer.LeaseMs / 1000);
            return false;
        }

        if (answer.Outcome != StatusAnswer.Types.Outcome.Ok)
            return false;
        (lease, heartbeat) = (Term(answer.LeaseMs), Term(answer.HeartbeatMs));
        // The leases of an earlier session count only once a heartbeat has named them.
        if (nothingHeld)
            state.Lease.Renew(sentAt, lease);
        else
            state.Lease.Learn(lease);
        Note(answer.Session);
        state.Session.Open(answer.Session);
        SessionOpened(state.Options.NodeId, answer.Session);
        Registered.TrySetResult();
        backoff.Reset();
        failures.Reset();
        return nothingHeld;
    }

    private async Task<bool> BeatAsync(CancellationToken cancellation)
    {
        var session = state.Session.Current;
        var report = NewReport(session);
        if (state.Options.Identity is { IsRenewalDue: true } identity)
            report.CertificateRequest = ByteString.CopyFrom(identity.RequestNext());
        var answer = await state.Call(
            c => state.Master.ReportStatus(report, c), HeartbeatTimeout, cancellation);
        if (answer.Outcome != StatusAnswer.Types.Outcome.Ok)
        {
            // The master responds, so there is no reason to wait long.
            backoff.Reset();
            SessionOver(session);
            if (losses.IsSuspicious())
                NodeShared(state.Options.NodeId);
            state.Session.End(session);
            return false;
        }

        if (answer.LeaseMs != 0)
            lease = Term(answer.LeaseMs);
        if (answer.HeartbeatMs != 0)
            heartbeat = Term(answer.HeartbeatMs);
        state.Lease.Renew(answer.Terms.Select(static term => (term.Queue, term.AsOf)), report.SentAt, lease);
        if (!answer.Certificate.IsEmpty)
            Accept(answer.Certificate);
        if (answer.Kill.Count > 0)
        {
            var listed = report.Held.Select(static lease => lease.Token).ToHashSet();
            foreach (var revoked in answer.Kill)
                runner.Revoke(revoked, listed.Contains(revoked.Token));
        }

        backoff.Reset();
        failures.Reset();
        return true;
    }

    private void Note(long session)
    {
        sessions.Enqueue(session);
        if (sessions.Count > SessionFile.Most)
            sessions.Dequeue();
        try
        {
            state.Machine.NoteSession(session);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // The next run cannot say that this session's tasks are dead, so they wait for their leases to lapse.
            SessionNotNoted(failure);
        }
    }

    private void Accept(ByteString certificate)
    {
        try
        {
            state.Options.Identity?.Accept(certificate.Span);
            CertificateRenewed();
        }
        catch (Exception failure) when (failure is CryptographicException or IOException or UnauthorizedAccessException)
        {
            // The present certificate is valid for several more days; every heartbeat tries again.
            CertificateNotRenewed(failure);
        }
    }

    /// <summary>The timeout of a heartbeat. One that hangs must leave time for others before the lease ends.</summary>
    private TimeSpan HeartbeatTimeout => lease / 4 < state.Options.CallTimeout ? lease / 4 : state.Options.CallTimeout;

    /// <summary>
    /// Returns the length of a lease or heartbeat interval, from 4 ms to a day.
    /// Any other value would make timers throw, or the worker would never report again.
    /// </summary>
    /// <exception cref="RpcException">The master's answer has a value out of range.</exception>
    private static TimeSpan Term(long milliseconds) => milliseconds is >= 4 and <= 86_400_000
        ? TimeSpan.FromMilliseconds(milliseconds)
        : throw CallError.Of(
            StatusCode.Internal, $"The master's answer has a lease or a heartbeat interval of {milliseconds} ms.");

    private StatusReport NewReport(long session)
    {
        var report = new StatusReport
        {
            NodeId = state.Options.NodeId,
            Session = session,
            SentAt = Math.Max(1, state.Lease.Now()),
            Load = state.Machine.Load(),
            MemoryBytes = state.Machine.AvailableMemory(),
            DiskFreeBytes = state.Machine.FreeDisk(),
            Isolates = Isolates,
        };
        lock (state.Gate)
        {
            report.Held.AddRange(state.Held.Leases);
            report.Gpus.AddRange(state.Held.Gpus);
            report.Leaving = state.Held.Draining;
        }

        return report;
    }

    private Registration NewRegistration()
    {
        var options = state.Options;
        var registration = new Registration
        {
            Instance = state.Machine.Instance,
            Slots = options.Slots,
            Enforces = options.Enforces,
            Version = options.Version,
            Address = options.Address,
            Chunks = state.Options.TakesChunks,
            Results = true,
            Files = state.Machine.Files is not null,
            Folders = state.Machine.ListFolder is not null,
            HandlersOnly = options.HandlersOnly,
            Isolates = Isolates,
            Pins = options.Cores.Count > 0,
            StartedAt = state.Machine.StartedAt,
            MemoryTotalBytes = state.Machine.TotalMemory,
        };
        registration.Labels.Add(options.Labels);
        registration.RunSessions.Add(sessions);
        registration.Resources.Add(new Dictionary<string, long>(options.Resources));
        lock (state.Gate)
        {
            registration.StartsAhead = (uint)state.Held.StartsAhead;
            // If attempts of this run are alive, they belong to an earlier session than the one being opened.
            if (state.Held.Living == 0)
            {
                registration.TreesDead = options.Earlier.AreDead;
                registration.DeadSessions.Add(options.Earlier.DeadSessions);
            }
        }

        return registration;
    }
}
