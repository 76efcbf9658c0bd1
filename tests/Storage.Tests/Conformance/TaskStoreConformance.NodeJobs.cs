using OrleansTasks.Jobs;
using OrleansTasks.Workflows;

namespace OrleansTasks.Storage.Tests.Conformance;

public abstract partial class TaskStoreConformance
{
    [Fact]
    public async Task NodeJobs_Written_AreReadBack_AndTheirJobsStayUntilTheirWorkflowIsRemoved()
    {
        var queue = await Take("q");
        var placeholder = queue.New().Row;
        var row = new WorkflowRow(placeholder.No, placeholder.Id, 3, "w", []);
        var first = Node(queue, row, "first");
        var node = JobNode(queue, row, "count", new TaskDependency(first.Row.Id, EndCondition.Succeeded));
        var join = Node(queue, row, "join", new TaskDependency(node.Row.Id, EndCondition.Ended));
        Assert.Equal(CommitResult.Committed, await queue.TryCommit(queue.Plan([first, node, join]) with
        {
            Workflows = new WorkflowCommit
            {
                Rows = [row],
                Outlines = new Dictionary<long, ReadOnlyMemory<byte>> { [row.No] = TestRows.Bytes("{}") },
            },
        }));
        Assert.Empty(await Store.Workflows.Jobs(row.Id));
        Assert.Equal((true, false), (
            Assert.Single(await Store.Find(queue.No, [node.Row.Id])).IsJob,
            Assert.Single(await Store.Find(queue.No, [join.Row.Id])).IsJob));

        var job = await AddJob(queue, 1000);
        var other = await AddJob(queue, 1001);
        await PutJob(queue, new NodeJobRow(node.Row.No, other.Id));
        await PutJob(queue, new NodeJobRow(node.Row.No, null));
        Assert.Equal(new StoredNodeJob(1, new NodeJobRow(node.Row.No, null)), Assert.Single(await Store.Workflows.Jobs(row.Id)));
        var written = new NodeJobRow(node.Row.No, job.Id) { StoppedAt = 77 };
        await PutJob(queue, written);
        Reopen();
        Assert.Equal(new StoredNodeJob(1, written), Assert.Single(await Store.Workflows.Jobs(row.Id)));
        Assert.True(Assert.Single((await Store.Workflows.Inputs([join.Row.Id], 0))[0].After).Value.IsEmpty);

        // The end of the job: it has left its aggregate as the result of the node's own task.
        queue = await Take("q");
        await Write(queue, job, Running with { State = JobState.Succeeded, EndedAt = 1 });
        await Write(queue, other, Running with { State = JobState.Succeeded, EndedAt = 1 });
        await PutJob(queue, written with { AggregateBytes = 2 }, Left(node, "{}"));
        Assert.Equal((1, "count", "{}"), Shown((await Store.Workflows.Inputs([join.Row.Id], 2))[0]));
        Assert.True((await Store.Workflows.Inputs([join.Row.Id], 1))[0].After.IsDefault);
        Assert.Equal("{}", TestRows.Text(await Store.ReadResult(node.Row.Id)));

        // Nothing names the other one any more.
        Assert.Equal(1, await Store.Jobs.Prune(100, 10));
        Assert.Null(await Store.Jobs.Get(other.Id));
        Assert.NotNull(await Store.Jobs.Get(job.Id));
        await Change(
            queue, row with { State = WorkflowState.Failed, EndedAt = 4000 },
            TestQueue.Change(first, static one => one.Running().Ended(1, 4000)),
            TestQueue.Change(join, static one => one.Running().Ended(1, 4000)));
        Assert.Equal(3, (await Store.Prune(5000, 5000, 100)).Length);
        Assert.Empty(await Store.Workflows.Jobs(row.Id));
        Assert.Equal(1, await Store.Jobs.Prune(100, 10));
        Assert.Null(await Store.Jobs.Get(job.Id));
    }

    [Fact]
    public async Task NodeJobs_AggregateThatIsTooLarge_CountsWithItsSize()
    {
        var queue = await Take("q");
        var placeholder = queue.New().Row;
        var row = new WorkflowRow(placeholder.No, placeholder.Id, 2, "w", []);
        var node = JobNode(queue, row, "count");
        var join = Node(queue, row, "join", new TaskDependency(node.Row.Id, EndCondition.Succeeded));
        Assert.Equal(CommitResult.Committed, await queue.TryCommit(queue.Plan([node, join]) with
        {
            Workflows = new WorkflowCommit
            {
                Rows = [row],
                Outlines = new Dictionary<long, ReadOnlyMemory<byte>> { [row.No] = TestRows.Bytes("{}") },
                Jobs = [new NodeJobRow(node.Row.No, new TaskId(7, 7)) { AggregateBytes = 1_001 }],
            },
        }));
        await queue.Commit(Left(node, ""));
        Assert.True((await Store.Workflows.Inputs([join.Row.Id], 1_000))[0].After.IsDefault);
        Assert.True(Assert.Single((await Store.Workflows.Inputs([join.Row.Id], 1_001))[0].After).Value.IsEmpty);
    }

    private static TaskWrite JobNode(
        TestQueue queue, WorkflowRow row, string name, params TaskDependency[] after) => queue.New(
        task => task with { WorkflowNode = name, IsJob = true, After = after.Length == 0 ? null : [.. after] },
        static one => one.Waiting(long.MaxValue), batch: row.Id);

    // The own task of a node has no attempt.
    private static TaskWrite Left(TaskWrite node, string aggregate)
    {
        var row = node.Row with { State = TaskState.Succeeded, EndedAt = 4000, Reason = EndReason.Exit, DueAt = 0 };
        return new TaskWrite
        {
            Row = row,
            Result = new AttemptResult(
                new LeaseRef(row.Id, "default", 0, default), EndReason.Exit, null, null, 0, 0, 0, null)
            {
                Value = TestRows.Bytes(aggregate),
            },
        };
    }

    private static async Task PutJob(TestQueue queue, NodeJobRow row, params TaskWrite[] tasks) =>
        Assert.Equal(CommitResult.Committed, await queue.TryCommit(queue.Plan(tasks) with
        {
            Workflows = new WorkflowCommit { Jobs = [row] },
        }));
}
