using System.Text;
using Google.Protobuf;
using OrleansTasks.Jobs;
using OrleansTasks.Nodes;
using OrleansTasks.Processing.Chunks;
using OrleansTasks.Processing.Files;
using OrleansTasks.Processing.Resources;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Silo.Nodes;

/// <summary>
/// Translates command batches into the messages for a worker. Reads specs that the grains do not carry from the store,
/// all at once.
/// </summary>
internal sealed partial class CommandTranslator(ITaskStore store, TaskInputs inputs, ILogger<CommandTranslator> logger)
{
    /// <summary>The maximum size of a start: a message has at most 16 MiB, and the rest of it needs room.</summary>
    private const int LargestStart = 15 << 20;

    /// <summary>
    /// Translates all batches into one message, or several if needed. Adds attempts whose stored spec cannot be parsed
    /// to
    /// <paramref name="broken"/>. While the store is unavailable, omits the attempts that need it; a later heartbeat
    /// sends them again.
    /// </summary>
    internal async ValueTask<IReadOnlyList<Commands>> Translate(
        IReadOnlyList<CommandBatch> batches, ICollection<AttemptResult> broken)
    {
        var commands = new Commands();
        List<StartCommand>? bare = null;
        var filed = new List<(Start Start, TaskSpec Spec)>();
        foreach (var batch in batches)
        {
            foreach (var start in batch.Start)
                if (start.Chunk is not null)
                    Add(commands, start, start.Chunk, broken);
                else if (start.Spec.IsEmpty)
                    (bare ??= []).Add(start);
                else
                    Add(commands, start, filed, broken);
            foreach (var lease in batch.Cancel)
                commands.Cancel.Add(NodeMessages.ToLease(lease));
            foreach (var lease in batch.Kill)
                commands.Kill.Add(NodeMessages.ToLease(lease));
            foreach (var question in batch.Folders ?? [])
            {
                commands.List.Add(new ListFolder
                {
                    Number = question.Number, Folder = question.Folder, Match = question.Match, Most = FolderReply.MostFiles,
                });
            }
        }

        if (bare is not null)
            await AddFromStore(commands, bare, filed, broken);
        foreach (var (start, spec) in filed)
            await AddFiles(commands, start, spec, broken);
        var nodes = commands.Start.Where(NodeInputs.MayHave).ToList();
        if (nodes.Count > 0)
            await AddInputs(commands, nodes, broken);
        return nodes.Count + filed.Count == 0 ? [commands] : Divide(commands);
    }

    private async Task AddFiles(Commands commands, Start start, TaskSpec spec, ICollection<AttemptResult> broken)
    {
        var lease = NodeMessages.ToLeaseRef(start.Lease);
        try
        {
            var found = await inputs.Of(lease, spec);
            if (found.IsPending)
            {
                // A later heartbeat sends the start again, as when the store is unavailable.
                commands.Start.Remove(start);
                return;
            }

            start.Files.Inputs.AddRange(found.Files);
            if (found.Fault is null && start.CalculateSize() <= LargestStart)
                return;
            broken.Add(new AttemptResult(lease, EndReason.FileUnavailable, null, null, 0, 0, 0, AttemptOutput.Empty with
            {
                Tail = Encoding.UTF8.GetBytes(found.Fault ?? "The paths of the task's files are too long to send to a worker."),
            }));
        }
        catch (StoreUnavailableException failure)
        {
            SpecsUnavailable(failure, 1);
        }

        commands.Start.Remove(start);
    }

    private async Task AddInputs(Commands commands, List<Start> nodes, ICollection<AttemptResult> broken)
    {
        var tasks = nodes.ConvertAll(static start => NodeMessages.ToLeaseRef(start.Lease).Task);
        ImmutableArray<StoredInputs> found;
        try
        {
            found = await store.Workflows.Inputs([.. tasks.Distinct()], NodeInputs.MostBytes);
        }
        catch (StoreUnavailableException failure)
        {
            SpecsUnavailable(failure, nodes.Count);
            nodes.ForEach(start => commands.Start.Remove(start));
            return;
        }

        var byTask = found.ToDictionary(static inputs => inputs.Task);
        foreach (var (start, task) in nodes.Zip(tasks))
        {
            if (!byTask.TryGetValue(task, out var inputs) || NodeInputs.Add(start, inputs) is not { } end)
                continue;
            commands.Start.Remove(start);
            broken.Add(end);
        }
    }

    /// <summary>
    /// Splits commands that are too large for one message. The first message has the cancels and kills.
    /// </summary>
    private static List<Commands> Divide(Commands commands)
    {
        var (messages, size) = (new List<Commands> { commands }, 0L);
        var starts = commands.Start.ToArray();
        commands.Start.Clear();
        foreach (var start in starts)
        {
            size += start.CalculateSize();
            if (size > LargestStart && messages[^1].Start.Count > 0)
            {
                messages.Add(new Commands());
                size = start.CalculateSize();
            }

            messages[^1].Start.Add(start);
        }

        return messages;
    }

    private async Task AddFromStore(
        Commands commands, List<StartCommand> bare, List<(Start Start, TaskSpec Spec)> filed, ICollection<AttemptResult> broken)
    {
        ImmutableArray<StoredSpec> specs;
        try
        {
            specs = await store.ReadSpecs([.. bare.Select(static s => s.Lease.Task).Distinct()]);
        }
        catch (StoreUnavailableException failure)
        {
            SpecsUnavailable(failure, bare.Count);
            return;
        }

        var byId = specs.ToDictionary(static s => s.Id);
        foreach (var start in bare)
            if (byId.TryGetValue(start.Lease.Task, out var spec))
                Add(commands, start with { Name = spec.Name, Spec = spec.Spec, SecretEnv = spec.SecretEnv }, filed, broken);
    }

    /// <summary>
    /// Adds the start of a chunk. A start that no message can hold would end the worker's stream each time it is sent,
    /// so its attempt ends here instead.
    /// </summary>
    private void Add(Commands commands, StartCommand start, ChunkWork work, ICollection<AttemptResult> broken)
    {
        var size = (long)work.Plan.Length + work.Chunk.Segment.Length;
        if (size <= LargestStart)
        {
            var input = new ChunkInput((ItemFormat)work.Format, work.Chunk.First, work.Chunk.Items, work.Chunk.Segment);
            if (FileChunk.IsOne(input.Format) && FileName.TryParse(FileChunk.FileOf(input).Path, out var file))
                inputs.Allow(start.Lease, file);
            commands.Start.Add(ToStart(start, work));
            return;
        }

        StartTooLarge(start.Lease.Task, size);
        broken.Add(new AttemptResult(start.Lease, EndReason.SpawnFailed, null, null, 0, 0, 0, null,
            ChunkReport.OfFailure("chunk-failed", $"The chunk has {size} bytes; at most {LargestStart} can be sent to a worker.", null)));
    }

    private void Add(
        Commands commands, StartCommand start, List<(Start Start, TaskSpec Spec)> filed, ICollection<AttemptResult> broken)
    {
        var size = (long)start.Spec.Length + start.SecretEnv.Length;
        if (size > LargestStart)
        {
            StartTooLarge(start.Lease.Task, size);
            broken.Add(new AttemptResult(start.Lease, EndReason.SpawnFailed, null, null, 0, 0, 0,
                AttemptOutput.Empty with { Tail = "The task is too large to send to a worker."u8.ToArray() }));
            return;
        }

        try
        {
            var spec = TaskSpecReader.ReadStored(start.Spec.Span, start.SecretEnv.Span);
            var message = ToStart(start, spec);
            commands.Start.Add(message);
            if (message.Files is not null)
                filed.Add((message, spec));
        }
        catch (FormatException fault)
        {
            // The spec will never be readable. The attempt ends here; otherwise it would be sent forever.
            SpecUnreadable(fault, start.Lease.Task);
            broken.Add(new AttemptResult(start.Lease, EndReason.SpawnFailed, null, null, 0, 0, 0,
                AttemptOutput.Empty with { Tail = "The stored task cannot be read."u8.ToArray() }));
        }
    }

    private static Start ToStart(StartCommand command, ChunkWork work)
    {
        var start = new Start
        {
            Lease = NodeMessages.ToLease(command.Lease, command.Resources),
            Name = command.Name,
            AsOf = command.AsOf,
            Chunk = new Chunk
            {
                Plan = UnsafeByteOperations.UnsafeWrap(work.Plan),
                Number = work.Chunk.No,
                Format = (Chunk.Types.Format)work.Format,
                First = work.Chunk.First,
                Items = work.Chunk.Items,
                Segment = UnsafeByteOperations.UnsafeWrap(work.Chunk.Segment),
                Job = work.Job.ToString(),
            },
        };
        if (command.IsSandboxed)
            start.Isolation = new();
        if (!work.Env.IsDefault)
        {
            foreach (var variable in work.Env)
                start.Env[variable.Name] = variable.Value;
        }

        return start;
    }

    private static Start ToStart(StartCommand command, TaskSpec spec)
    {
        var start = new Start
        {
            Lease = NodeMessages.ToLease(command.Lease, command.Resources),
            Name = command.Name,
            AsOf = command.AsOf,
            Cwd = spec.Cwd ?? "",
            Stdin = UnsafeByteOperations.UnsafeWrap(spec.Stdin),
            TimeoutMs = (long)spec.Timeout.TotalMilliseconds,
            KillGraceMs = (long)spec.KillGrace.TotalMilliseconds,
            MaxOutputBytes = spec.MaxOutputBytes,
            HideProgress = spec.HideProgress,
            MemoryBytes = MemoryOf(command, spec),
            CpuTimeMs = (long)(spec.Limits.CpuTime?.TotalMilliseconds ?? 0),
            Processes = spec.Limits.Processes ?? 0,
            OpenFiles = spec.Limits.OpenFiles ?? 0,
            Result = spec.Result is true,
            Pin = spec.Pins,
        };
        if (!spec.Files.IsEmpty || !spec.Artifacts.IsEmpty)
        {
            start.Files = new TaskFiles { MaxArtifactBytes = spec.MaxArtifactBytes };
            foreach (var artifact in spec.Artifacts)
                start.Files.Artifacts.Add(new ArtifactPattern { Pattern = artifact.Pattern, Optional = artifact.IsOptional, OnEnded = artifact.AtAnyEnd });
        }

        start.Isolation = IsolationOf(command, spec);
        foreach (var argument in spec.Command)
            start.Argv.Add(argument);
        foreach (var variable in spec.Env)
            start.Env[variable.Name] = variable.Value;
        foreach (var variable in spec.SecretEnv)
            start.Env[variable.Name] = variable.Value;
        return start;
    }

    /// <summary>
    /// Returns the isolation that the spec asks for; the strictest sandbox if only the queue asks for one.
    /// </summary>
    private static IsolationTerms? IsolationOf(StartCommand command, TaskSpec spec)
    {
        if (spec.Isolation is not { Kind: not IsolationKind.None } asked)
            return command.IsSandboxed ? new() : null;
        var isolation = new IsolationTerms { HostNetwork = asked.UsesHostNetwork };
        isolation.Allow.Add(asked.Allow);
        isolation.Read.Add(asked.Read);
        isolation.Write.Add(asked.Write);
        if (asked.Kind == IsolationKind.Container)
        {
            isolation.Container = new ContainerTerms
            {
                Image = asked.Image,
                Pull = (ContainerTerms.Types.Pull)asked.Pull,
                User = asked.User ?? "",
                KeepEntrypoint = asked.KeepsEntrypoint,
            };
            foreach (var mount in asked.Mounts)
            {
                isolation.Container.Mounts.Add(
                    new ContainerMountTerms { From = mount.From, To = mount.To, ReadOnly = mount.IsReadOnly });
            }
        }

        return isolation;
    }

    /// <summary>
    /// Returns the memory limit of this attempt in bytes, raised by the task's rules; 0 for none. A limit that is what the
    /// task reserves stays so.
    /// </summary>
    private static long MemoryOf(StartCommand command, TaskSpec spec)
    {
        if (spec.Limits.MemoryBytes is not { } limit)
            return 0;
        if (command.Resources?[ResourceName.Memory] is { } reserved and > 0 && limit == spec.Resources[ResourceName.Memory])
            return reserved;
        return spec.Retry.Rules?.MemoryAfter(limit, command.OutOfMemoryFailures) ?? limit;
    }
}
