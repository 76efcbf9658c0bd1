using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansTasks.Jobs;
using OrleansTasks.Storage.Memory;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;
using OrleansTasks.Workflows;

namespace OrleansTasks.Grains.Tests.Dispatch;

/// <summary>What a new owner reads of nodes with jobs before it takes work (<see cref="Recovery.Begin"/>).</summary>
public sealed class NodeJobRecoveryTests : IDisposable
{
    private const long Now = 1_700_000_000_000;

    private const string Job = """
        {"source":{"range":{"from":0,"to":9}},"process":{"builtin":"square"},"aggregate":[{"op":"sum"}]}
        """;

    private readonly MemoryTaskStore store = new(TimeProvider.System);
    private readonly DispatchOptions options = new();
    private readonly DispatchInstruments instruments = new();

    [Fact]
    public async Task Begin_NodeWhoseJobRuns_IsReadBeforeTheWaitingTasks()
    {
        var (first, _) = await NewOwner();
        var (workflow, node) = (new TaskId(1UL << 20, 1), new TaskId(1UL << 20, 2));
        var own = TaskSpecReader.ReadStored("{\"cmd\":\"x\",\"name\":\"job\"}"u8, default);
        var submission = new CoreRig().Submission() with
        {
            Id = node, WorkflowNode = "job", IsJob = true,
            Spec = NodeJobText.WriteTask(Encoding.UTF8.GetBytes(Job), workflow, "job", own, []),
        };
        var outline = new WorkflowOutline("w", FailureRule.Continue, [], [new OutlineNode("job", false, []) { IsJob = true }]);
        await Round(first, (core, draft) => core.Accept(
            new SubmitRequest([submission], workflow, null) { Workflow = new WorkflowStart(workflow, outline.Write()) },
            null, Now, draft));
        await new NodeJobReading(store, first.Core, NullLogger.Instance).Read(0);
        await Round(first, static (_, _) => { });
        var job = Assert.Single(await store.Workflows.Jobs(workflow)).Row.Job!.Value;

        var (second, recovery) = await NewOwner();
        Assert.False(recovery.IsComplete);
        var opened = await Ask(second, new JobRequest(job, 0, true, null, [], false, null, 0));
        var end = new JobWrite(JobState.Succeeded, 1, 2, 0, false, null, ReadOnlyMemory<byte>.Empty, null, []);
        var reply = await Ask(second, new JobRequest(job, opened.Epoch, false, end, [], false, null, 0));

        Assert.Equal(JobOutcome.Done, reply.Outcome);
        Assert.Equal(TaskState.Succeeded, (await store.Get(node))!.State);
        Assert.Equal(WorkflowState.Succeeded, (await store.Workflows.Get(workflow))!.Row.State);
    }

    /// <inheritdoc/>
    public void Dispose() => instruments.Dispose();

    private async Task<((DispatchCore Core, QueueWriter Writer) Owner, Recovery Recovery)> NewOwner()
    {
        var taken = await store.TakeEpoch(CoreRig.Key, null, TestContext.Current.CancellationToken);
        var core = new DispatchCore(CoreRig.Key, taken.Epoch, taken.LastNo, options, new SeededRandomness(1));
        core.Restore(taken, Now);
        var recovery = new Recovery(store, core, taken.QueueNo, static () => Now, options, NullLogger.Instance);
        await recovery.Begin(TestContext.Current.CancellationToken);
        if (taken.Sequence == 0)
            await recovery.ReadPage(0);
        return ((core, new QueueWriter(store, CoreRig.Key, taken, 0, instruments, TimeProvider.System, NullLogger.Instance)), recovery);
    }

    private static async Task Round((DispatchCore Core, QueueWriter Writer) owner, Action<DispatchCore, CommitDraft> apply)
    {
        var draft = new CommitDraft();
        apply(owner.Core, draft);
        owner.Core.Tick(Now, draft);
        if (!draft.IsEmpty)
            Assert.True((await owner.Writer.Write(draft, owner.Core.LastNo, Now)).Landed);
    }

    private static async Task<JobReply> Ask((DispatchCore Core, QueueWriter Writer) owner, JobRequest request)
    {
        JobReply? reply = null;
        await Round(owner, (core, draft) => reply = core.AskJob(request, null, Now, draft));
        return reply!;
    }
}
