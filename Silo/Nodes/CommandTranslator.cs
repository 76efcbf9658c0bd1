using Google.Protobuf;
using OrleansTasks.Jobs;
using OrleansTasks.Nodes;
using OrleansTasks.Processing.Chunks;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Silo.Nodes;

/// <summary>
/// Turns command batches into what a worker is sent, with the specs that the grains do not carry read from the store
/// in one go.
/// </summary>
internal sealed partial class CommandTranslator(ITaskStore store, ILogger<CommandTranslator> logger)
{
    /// <summary>Of a message, which has 16 MiB, with room for what is around.</summary>
    private const int LargestStart = 15 << 20;

    /// <summary>
    /// One message for all batches, or as many as it takes. Attempts whose stored spec cannot be read are added to
    /// <paramref name="broken"/>; when the store is out of reach its attempts are left out, and come again with a
    /// heartbeat.
    /// </summary>
    internal async ValueTask<IReadOnlyList<Commands>> Translate(
        IReadOnlyList<CommandBatch> batches, ICollection<AttemptResult> broken)
    {
        var commands = new Commands();
        List<StartCommand>? bare = null;
        foreach (var batch in batches)
        {
            foreach (var start in batch.Start)
                if (start.Chunk is not null)
                    Add(commands, start, start.Chunk, broken);
                else if (start.Spec.IsEmpty)
                    (bare ??= []).Add(start);
                else
                    Add(commands, start, broken);
            foreach (var lease in batch.Cancel)
                commands.Cancel.Add(NodeMessages.ToLease(lease));
            foreach (var lease in batch.Kill)
                commands.Kill.Add(NodeMessages.ToLease(lease));
        }

        if (bare is not null)
            await AddFromStore(commands, bare, broken);
        var nodes = commands.Start.Where(NodeInputs.MayHave).ToList();
        if (nodes.Count == 0)
            return [commands];
        await AddInputs(commands, nodes, broken);
        return Divide(commands);
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

    /// <summary>Divides what is too much for one message. The first one has what is to end.</summary>
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

    private async Task AddFromStore(Commands commands, List<StartCommand> bare, ICollection<AttemptResult> broken)
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
                Add(commands, start with { Name = spec.Name, Spec = spec.Spec, SecretEnv = spec.SecretEnv }, broken);
    }

    /// <summary>What no message can hold would end the worker's stream each time it is sent: the attempt ends here instead.</summary>
    private void Add(Commands commands, StartCommand start, ChunkWork work, ICollection<AttemptResult> broken)
    {
        var size = (long)work.Plan.Length + work.Chunk.Segment.Length;
        if (size <= LargestStart)
        {
            commands.Start.Add(ToStart(start, work));
            return;
        }

        StartTooLarge(start.Lease.Task, size);
        broken.Add(new AttemptResult(start.Lease, EndReason.SpawnFailed, null, null, 0, 0, 0, null,
            ChunkReport.OfFailure("chunk-failed", $"The chunk has {size} bytes, more than the {LargestStart} that a worker can be sent.", null)));
    }

    private void Add(Commands commands, StartCommand start, ICollection<AttemptResult> broken)
    {
        var size = (long)start.Spec.Length + start.SecretEnv.Length;
        if (size > LargestStart)
        {
            StartTooLarge(start.Lease.Task, size);
            broken.Add(new AttemptResult(start.Lease, EndReason.SpawnFailed, null, null, 0, 0, 0,
                AttemptOutput.Empty with { Tail = "The task is larger than what a worker can be sent."u8.ToArray() }));
            return;
        }

        try
        {
            commands.Start.Add(ToStart(start, TaskSpecReader.ReadStored(start.Spec.Span, start.SecretEnv.Span)));
        }
        catch (FormatException fault)
        {
            // It will never be readable: the attempt ends here, or it would be sent for ever.
            SpecUnreadable(fault, start.Lease.Task);
            broken.Add(new AttemptResult(start.Lease, EndReason.SpawnFailed, null, null, 0, 0, 0,
                AttemptOutput.Empty with { Tail = "The stored task cannot be read."u8.ToArray() }));
        }
    }

    private static Start ToStart(StartCommand command, ChunkWork work)
    {
        var start = new Start
        {
            Lease = NodeMessages.ToLease(command.Lease),
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
            Lease = NodeMessages.ToLease(command.Lease),
            Name = command.Name,
            AsOf = command.AsOf,
            Cwd = spec.Cwd ?? "",
            Stdin = UnsafeByteOperations.UnsafeWrap(spec.Stdin),
            TimeoutMs = (long)spec.Timeout.TotalMilliseconds,
            KillGraceMs = (long)spec.KillGrace.TotalMilliseconds,
            MaxOutputBytes = spec.MaxOutputBytes,
            MemoryBytes = MemoryOf(command, spec),
            CpuTimeMs = (long)(spec.Limits.CpuTime?.TotalMilliseconds ?? 0),
            Processes = spec.Limits.Processes ?? 0,
            OpenFiles = spec.Limits.OpenFiles ?? 0,
            Result = spec.Result is true,
        };
        foreach (var argument in spec.Command)
            start.Argv.Add(argument);
        foreach (var variable in spec.Env)
            start.Env[variable.Name] = variable.Value;
        foreach (var variable in spec.SecretEnv)
            start.Env[variable.Name] = variable.Value;
        return start;
    }

    /// <summary>The memory limit of this attempt, grown by the task's rules; 0 for none.</summary>
    private static long MemoryOf(StartCommand command, TaskSpec spec) => spec.Limits.MemoryBytes is not { } limit ? 0
        : spec.Retry.Rules?.MemoryAfter(limit, command.OutOfMemoryFailures) ?? limit;
}
