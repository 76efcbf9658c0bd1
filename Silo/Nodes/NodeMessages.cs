using System.Text;
using Google.Protobuf;
using Google.Protobuf.Collections;
using OrleansTasks.Nodes;
using OrleansTasks.Processing.Resources;
using OrleansTasks.Resources;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Failures;
using OrleansTasks.Tasks.Spec;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Silo.Nodes;

/// <summary>
/// Translates between the messages of the worker plane and those of the grains. Throws <see cref="ArgumentException"/>,
/// with the reason, for invalid messages of workers.
/// </summary>
internal static class NodeMessages
{
    /// <summary>The maximum slots of a node. Keeps the sum over all nodes far within an integer.</summary>
    private const int MostSlots = 10_000;
    private const int MostSessions = 64;
    private const int MostLabels = 256;
    private const int MostNameBytes = 255;

    /// <summary>The maximum attempts in a list: far more than any node's slots and the starts sent ahead.</summary>
    private const int MostLeases = 100_000;

    /// <summary>The maximum starts sent ahead to a node. Even 32 times as many fit into an integer.</summary>
    private const uint MostStartsAhead = 1_000_000;

    /// <summary>Converts an attempt to the worker plane's form.</summary>
    internal static Lease ToLease(LeaseRef lease, ResourceVector? resources = null)
    {
        var token = new byte[LeaseToken.Size];
        lease.Token.Write(token);
        var message = new Lease
        {
            TaskId = lease.Task.ToString(),
            Queue = lease.Queue,
            Attempt = lease.Attempt,
            Token = UnsafeByteOperations.UnsafeWrap(token),
        };
        foreach (var one in resources is null ? [] : resources.Amounts)
            message.Resources[one.Name] = one.Amount;
        return message;
    }

    /// <summary>Converts an attempt to the grains' form.</summary>
    internal static LeaseRef ToLeaseRef(Lease? lease)
    {
        if (lease is null || !TaskId.TryParse(lease.TaskId, out var task))
            throw new ArgumentException($"'{lease?.TaskId}' is not a task id.");
        if (lease.Token.Length != LeaseToken.Size || lease.Attempt < 1)
            throw new ArgumentException(
                $"The lease of task {lease.TaskId} needs an attempt from 1 and a token of 16 bytes.");
        if (!SpecRules.IsQueueName(lease.Queue))
            throw new ArgumentException($"The lease of task {lease.TaskId} names an invalid queue.");
        return new LeaseRef(task, lease.Queue, lease.Attempt, LeaseToken.Read(lease.Token.Span));
    }

    private static void RequireLabel(string key, string value)
    {
        if (!SpecRules.IsLabelKey(key))
            throw new ArgumentException($"A label's key must match {SpecRules.LabelKey}.");
        if (NodeNames.IsReserved(key))
            throw new ArgumentException($"The label {key} is reserved: no worker may set keys with {NodeNames.ReservedLabels}.");
        if (SpecRules.FaultOfLabelValue(value) is { } fault)
            throw new ArgumentException($"The value of label {key} {fault}.");
    }

    /// <summary>Converts attempts to the grains' form.</summary>
    internal static ImmutableArray<LeaseRef> ToLeaseRefs(RepeatedField<Lease> leases)
    {
        if (leases.Count == 0)
            return [];
        if (leases.Count > MostLeases)
            throw new ArgumentException($"A list in a message may have at most {MostLeases} attempts.");
        var refs = ImmutableArray.CreateBuilder<LeaseRef>(leases.Count);
        foreach (var lease in leases)
            refs.Add(ToLeaseRef(lease));
        return refs.MoveToImmutable();
    }

    /// <summary>Converts a registration to the grains' form.</summary>
    internal static NodeRegistration ToRegistration(StatusReport report)
    {
        var registration = report.Registration
            ?? throw new ArgumentException("A report that opens a session needs a registration.");
        if (registration.Slots is < 0 or > MostSlots)
            throw new ArgumentException($"A worker must have 0 to {MostSlots} slots.");
        if (registration.Instance.Length is 0 or > 200)
            throw new ArgumentException("A registration must have an instance of 1 to 200 characters.");
        if (registration.Labels.Count > MostLabels)
            throw new ArgumentException($"A worker may have at most {MostLabels} labels.");
        foreach (var (key, value) in registration.Labels)
            RequireLabel(key, value);
        return new NodeRegistration(
            registration.Instance,
            registration.Slots,
            [
                .. registration.Labels.OrderBy(static l => l.Key, StringComparer.Ordinal)
                    .Select(static l => new Label(l.Key, l.Value)),
            ],
            // The low four bits are the limits that a worker can name; the others have fields of their own.
            (Limits)(registration.Enforces & 15) | (registration.Results ? Limits.Results : Limits.None)
                | (registration.HandlersOnly ? Limits.HandlersOnly : Limits.None)
                | (registration.Files ? Limits.Files : Limits.None)
                | ToIsolation(registration.Isolates)
                | (registration.Pins ? Limits.Pins : Limits.None),
            WorkerClaims.Text(registration.Version),
            WorkerClaims.Text(registration.Address),
            registration.TreesDead,
            ToLeaseRefs(report.Held),
            [.. registration.RunSessions.TakeLast(MostSessions)],
            [.. registration.DeadSessions.TakeLast(MostSessions)],
            report.SentAt,
            (int)Math.Min(registration.StartsAhead, MostStartsAhead),
            WorkerClaims.Load(report.Load),
            WorkerClaims.Memory(report.MemoryBytes),
            registration.Chunks,
            WorkerClaims.Time(registration.StartedAt),
            WorkerClaims.Memory(registration.MemoryTotalBytes),
            WorkerClaims.Memory(report.DiskFreeBytes))
        {
            Resources = WorkerClaims.Resources(registration.Resources),
            Held = [.. report.Held.Where(static lease => lease.Resources.Count > 0)
                .Select(static lease => new HeldResources(LeaseToken.Read(lease.Token.Span), WorkerClaims.Resources(lease.Resources)))],
            Gpus = ToGpus(report.Gpus),
            ListsFolders = registration.Folders,
        };
    }

    /// <summary>
    /// Converts the ways in which a worker can isolate commands, as a registration and heartbeats name them. Passes
    /// over those of later workers.
    /// </summary>
    internal static Limits ToIsolation(uint isolates) =>
        ((isolates & 1) != 0 ? Limits.Sandbox : Limits.None)
        | ((isolates & 2) != 0 ? Limits.Container : Limits.None)
        | ((isolates & 4) != 0 ? Limits.SandboxHosts : Limits.None);

    /// <summary>Converts the files of a folder. A worker that lists what it must not is a worker with a fault.</summary>
    internal static FolderReply ToFolderReply(FolderListing listing)
    {
        if (listing.Fault.Length > 0)
            return FolderReply.Failed(WorkerClaims.Text(listing.Fault));
        if (listing.Files.Count > FolderReply.MostFiles)
            throw new ArgumentException($"A listing may have at most {FolderReply.MostFiles} files.");
        var files = listing.Files.Select(static file => new FolderFile(file.Name, file.Size, file.ModifiedAt)).ToImmutableArray();
        for (var i = 0; i < files.Length; i++)
        {
            var name = files[i].Name;
            if (name is "" or "." or ".." || name.AsSpan().IndexOfAny('/', '\0') >= 0
                || Encoding.UTF8.GetByteCount(name) > MostNameBytes)
                throw new ArgumentException("A listing has a name that no file can have.");
            if (files[i].Size < 0 || (i > 0 && string.CompareOrdinal(files[i - 1].Name, name) >= 0))
                throw new ArgumentException("A listing must have its files in the order of their names, each once.");
        }

        return new FolderReply(files, listing.More, listing.TakenAt);
    }

    /// <summary>Converts the GPUs of a report, as many as a node can have.</summary>
    internal static ImmutableArray<GpuUse> ToGpus(RepeatedField<Gpu> gpus) =>
        [.. gpus.Take((int)ResourceForms.MostGpus).Select(static gpu =>
            new GpuUse(gpu.Index, TaskId.TryParse(gpu.TaskId, out var task) ? task : null))];

    /// <summary>Converts a result to the grains' form, without copying its bytes.</summary>
    internal static AttemptResult ToAttemptResult(Result result)
    {
        if (result.Reason is <= Result.Types.Reason.None
            or (> Result.Types.Reason.CpuTime and not (Result.Types.Reason.BadResult or Result.Types.Reason.ArtifactMissing
                or Result.Types.Reason.ArtifactTooLarge or Result.Types.Reason.FileUnavailable
                or Result.Types.Reason.ImageUnavailable)))
            throw new ArgumentException($"The result of task {result.Lease?.TaskId} has no known reason.");
        return WithFingerprint(WorkerClaims.WithValue(WorkerClaims.Bound(new AttemptResult(
            ToLeaseRef(result.Lease),
            (EndReason)result.Reason,
            result.HasExitCode ? result.ExitCode : null,
            result.Signal.Length == 0 ? null : result.Signal,
            result.RunTimeMs,
            result.CpuTimeUs,
            result.MaxRssBytes,
            ToOutput(result),
            result.Report.Memory,
            result.HasCollected ? new Blob(result.Collected.Memory) : null)
            {
                Artifacts = result.HasArtifactCount ? new ArtifactTotals(result.ArtifactCount, result.ArtifactBytes) : null,
            }), result.Value.Memory));
    }

    /// <summary>
    /// Adds the fingerprint of a failure. Computed here to spare the dispatchers' loops. Successful, cancelled and lost
    /// attempts have none.
    /// </summary>
    private static AttemptResult WithFingerprint(AttemptResult result) =>
        result is { Reason: EndReason.Cancelled or EndReason.NodeLost } or { Reason: EndReason.Exit, ExitCode: 0 }
            ? result
            : result with { Fingerprint = FailureFingerprint.Of(result) };

    private static AttemptOutput ToOutput(Result result)
    {
        if (!result.Inline)
            return new AttemptOutput(
                result.StdoutBytes, result.StderrBytes, result.Truncated, result.Tail.Memory, false, default, default);
        if (result.Stdout.Length + result.Stderr.Length > AttemptOutput.InlineLimit)
            throw new ArgumentException(
                $"The result of task {result.Lease?.TaskId} carries more than 16 KiB of output.");
        if (result is { Truncated: false, Stdout.Length: 0, Stderr.Length: 0, Tail.Length: 0 })
            return AttemptOutput.Empty;
        // Marks only order the output, so too many are no reason to refuse it.
        var marks = result.Marks.Length <= AttemptOutput.MarksLimit ? result.Marks.Memory : default;
        return new AttemptOutput(
            result.Stdout.Length, result.Stderr.Length, result.Truncated, result.Tail.Memory, true,
            result.Stdout.Memory, result.Stderr.Memory, marks);
    }
}
