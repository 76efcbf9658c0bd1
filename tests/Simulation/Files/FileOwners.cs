using System.Text;
using OrleansTasks.Definitions;
using OrleansTasks.Files;
using OrleansTasks.Processing.Files;
using OrleansTasks.Schedules;
using OrleansTasks.Simulation.Checks;
using OrleansTasks.Simulation.Faults;
using OrleansTasks.Simulation.World;
using OrleansTasks.Tasks;
using OrleansTasks.Workflows;

namespace OrleansTasks.Simulation.Files;

/// <summary>
/// Those who store files and name them: in tasks and workflows that are to start much later, in schedules that are
/// paused, and in
/// definitions. They cancel, change and delete what they have made until the turmoil is over. The simulated workers
/// fetch no files, so
/// nothing of it starts. <see cref="FileReferee"/> checks what becomes of the files.
/// </summary>
/// <param name="cluster">The cluster.</param>
/// <param name="gateway">Where they call.</param>
/// <param name="plan">The plan of the run.</param>
/// <param name="tasks">Every task that was ever committed.</param>
/// <param name="coverage">What happened.</param>
/// <param name="strictness">Judges failures.</param>
internal sealed class FileOwners(
    SimCluster cluster, SimSilo gateway, Plan plan, IReadOnlyDictionary<TaskId, KnownTask> tasks, Coverage coverage,
    Strictness strictness)
{
    private const int Contents = 12;
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Later = TimeSpan.FromDays(30);
    private readonly SimProcess process = gateway.NewProcess("file owners");
    private readonly SimRandom chance = new(plan.Seed, "file owners");
    private readonly TaskIdSource ids = new(cluster.Clock, new SimRandom(plan.Seed, "ids of file owners"));
    private int started;
    private int ended;

    /// <summary>Whether they ask for nothing more, and all of their tasks have ended.</summary>
    public bool AreDone => ended == started;

    private TimeSpan Now => TimeSpan.FromTicks(cluster.Clock.GetTimestamp());

    private IDefinitionGrain Definitions => gateway.Grains.GetGrain<IDefinitionGrain>(IDefinitionGrain.OnlyKey);

    private IFileReaderGrain Reader => gateway.Grains.GetGrain<IFileReaderGrain>("reader");

    /// <summary>Returns whether a run has files.</summary>
    public static bool AreIn(Plan plan) => plan.Seed % 3 == 0;

    /// <summary>Sets them to work.</summary>
    public void Begin()
    {
        started = chance.Next(2, 5);
        for (var i = 0; i < started; i++)
        {
            var name = $"filed{i}";
            process.Run(() => Live(name));
        }
    }

    private async Task Live(string name)
    {
        var queue = Users.NameOf(chance.Next(plan.Queues));
        var own = new List<TaskId>();
        while (Now < plan.Turmoil)
        {
            await Task.Delay(chance.Between(TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(6)), process.Clock);
            await Change(name, queue, own);
        }

        while (own.Any(task => tasks.TryGetValue(task, out var known) && !known.IsFinal))
            await Cancel(queue, own);
        ended++;
        // A submission may wait in a silo that stands still, and be accepted long after it was made.
        while (true)
            await Cancel(queue, own);
    }

    private async Task Change(string name, string queue, List<TaskId> own)
    {
        switch (chance.Next(8))
        {
            case 0 or 1 when await Stored() is { } file:
                await Submit(queue, file, own);
                break;
            case 2 when await Stored() is { } file:
                await SubmitWorkflow(queue, file, own);
                break;
            case 3 or 4 when await Stored() is { } file:
                await Ask(() => Dispatcher(queue)
                    .Schedule(new ScheduleRequest(ScheduleAction.Put, name) { Spec = ScheduleOf(file) }));
                break;
            case 5 when await Stored() is { } file:
                await Ask(() => Definitions.Put(new DefinitionChange(name, DefinitionKind.Task, SpecOf(file), null)));
                break;
            case 6:
                await Ask(() => Dispatcher(queue).Schedule(new ScheduleRequest(ScheduleAction.Delete, name)));
                break;
            case 7 when chance.Next(2) == 0:
                await Ask(() => Definitions.Delete(name));
                break;
            default:
                await Cancel(queue, [.. own.Where(_ => chance.Next(2) == 0)]);
                break;
        }
    }

    // As a caller does: first asks whether the file is stored, then uploads it. Null when nobody can say that it is.
    private async Task<FileName?> Stored()
    {
        var content = Encoding.UTF8.GetBytes(new string('x', chance.Next(Contents) * 100));
        var name = FileName.Of(content);
        if (await Ask(() => Reader.Missing([name])) is { IsDefault: false, IsEmpty: true })
        {
            coverage.Fire("file stored before");
            return name;
        }

        var key = new byte[16];
        BitConverter.TryWriteBytes(key, chance.NextBits());
        BitConverter.TryWriteBytes(key.AsSpan(8), chance.NextBits());
        var upload = gateway.Grains.GetGrain<IFileUploadGrain>(new Guid(key));
        if (content.Length > 0
            && await Ask(() => upload.Append(new FileBlock(0, content), isArchive: false))
                is not { Outcome: UploadOutcome.Done })
            return null;
        var reply = await Ask(() => upload.Complete(content.Length, name));
        coverage.Fire($"upload {reply?.Outcome.ToString() ?? "unknown"}");
        return reply is { Outcome: UploadOutcome.Done } ? name : null;
    }

    private async Task Submit(string queue, FileName file, List<TaskId> own)
    {
        var task = NewTask(file);
        own.Add(task.Id);
        var request = new SubmitRequest([task], null, null);
        if (await Ask(() => Dispatcher(queue).Submit([request])) is [{ Outcome: SubmitOutcome.Accepted }])
            coverage.Fire("task names a file");
    }

    private async Task SubmitWorkflow(string queue, FileName file, List<TaskId> own)
    {
        var (id, task) = (ids.Next(), NewTask(file) with { WorkflowNode = "n0" });
        own.Add(task.Id);
        var outline = new WorkflowOutline("w", FailureRule.Cancel, [], [new OutlineNode("n0", MayFail: false, [])]);
        var request = new SubmitRequest([task], id, null) { Workflow = new WorkflowStart(id, outline.Write()) };
        if (await Ask(() => Dispatcher(queue).Submit([request])) is [{ Outcome: SubmitOutcome.Accepted }])
            coverage.Fire("workflow names a file");
    }

    private TaskSubmission NewTask(FileName file) => new(
        ids.Next(), "filed", 0, (process.Clock.GetUtcNow() + Later).ToUnixTimeMilliseconds(), 0, RetryPolicy.Default,
        [], [], Limits.Files, SpecOf(file), default)
    {
        Files = [file],
    };

    private static byte[] SpecOf(FileName file) =>
        Encoding.UTF8.GetBytes($$"""{"argv":["sim"],"files":[{"path":"in","file":"{{file}}"}]}""");

    private static byte[] ScheduleOf(FileName file) =>
        [.. """{"cron":"0 0 29 2 *","paused":true,"task":"""u8, .. SpecOf(file), .. "}"u8];

    private async Task Cancel(string queue, IReadOnlyCollection<TaskId> some)
    {
        await Task.Delay(Again, process.Clock);
        var open = some.Where(task => tasks.TryGetValue(task, out var known) && !known.IsFinal).ToImmutableArray();
        if (open.IsEmpty)
            return;
        foreach (var task in open)
            tasks[task].CancelAsked = true;
        await Ask(() => Dispatcher(queue).Cancel(open));
    }

    private ITaskDispatcherGrain Dispatcher(string queue) => gateway.Grains.GetGrain<ITaskDispatcherGrain>(queue);

    // The default when nobody can say whether it was done.
    private async Task<T?> Ask<T>(Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (Exception failure)
        {
            strictness.Judge("An owner of files", failure);
            return default;
        }
    }
}
