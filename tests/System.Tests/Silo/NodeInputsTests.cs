using System.Collections.Immutable;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansTasks.Nodes;
using OrleansTasks.Silo.Nodes;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Memory;
using OrleansTasks.Tasks;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.System.Tests.Silo;

/// <summary>What workers are sent of the results of other nodes.</summary>
public sealed class NodeInputsTests
{
    private const string Key = "default";

    [Theory]
    [InlineData(1_048_570, true)]
    [InlineData(1_048_571, false)]
    public void Add_UpToTheLimitOfTheFile_IsSent(int length, bool fits)
    {
        var value = Encoding.UTF8.GetBytes('"' + new string('x', length - 2) + '"');
        var start = new Start { Lease = NodeMessages.ToLease(LeaseOf(new TaskId(1, 1))) };

        var end = NodeInputs.Add(start, new StoredInputs(IdOf(1), 7, [new NodeResult("a", value)]));

        Assert.Equal((fits, "7"), (start.HasInputs, start.Env["WORKFLOW_RUN"]));
        Assert.Equal(fits ? null : EndReason.BadResult, end?.Reason);
        Assert.True(!fits || start.Inputs.Length == NodeInputs.MostBytes);
    }

    [Fact]
    public void Add_MoreThanWasRead_EndsTheAttempt()
    {
        var start = new Start { Lease = NodeMessages.ToLease(LeaseOf(new TaskId(1, 1))) };

        var end = NodeInputs.Add(start, new StoredInputs(new TaskId(1, 1), 1, default));

        Assert.Equal((EndReason.BadResult, null), (end!.Reason, end.ExitCode));
        Assert.Contains(
            "exceed 1048576 bytes", Encoding.UTF8.GetString(end.Output!.Tail.Span), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Translate_ManyNodesWithLargeInputs_AreSeveralMessagesThatEachFit()
    {
        var store = new MemoryTaskStore(TimeProvider.System);
        var owned = await store.TakeEpoch(Key, null, default);
        var workflow = new WorkflowRow(1, new TaskId(1, 1), 36, "w", []);
        var value = Encoding.UTF8.GetBytes('"' + new string('x', 64_000) + '"');
        TaskDependency[] after =
            [.. Enumerable.Range(2, 16).Select(static no => new TaskDependency(IdOf(no), EndCondition.Succeeded))];
        TaskWrite[] writes =
        [
            .. Enumerable.Range(2, 16).Select(no => Write(no, null, value)),
            .. Enumerable.Range(18, 20).Select(no => Write(no, [.. after], null)),
        ];
        var plan = new QueueCommit(owned.QueueNo, owned.Epoch, owned.Sequence, 40, 1, writes, [], [])
        {
            Workflows = new WorkflowCommit
            {
                Rows = [workflow], Outlines = new Dictionary<long, ReadOnlyMemory<byte>> { [1] = "{}"u8.ToArray() },
            },
        };
        Assert.Equal(CommitResult.Committed, await store.Commit(plan));
        var starts = Enumerable.Range(18, 20).Select(static no => new StartCommand(LeaseOf(IdOf(no)), "", default, default));
        var broken = new List<AttemptResult>();
        var translator = new CommandTranslator(store, new TaskInputs(store, store.Files), NullLogger<CommandTranslator>.Instance);

        var messages = await translator.Translate([new CommandBatch(1, [.. starts], [], [])], broken);

        Assert.Empty(broken);
        Assert.Equal([15, 5], messages.Select(static message => message.Start.Count));
        Assert.All(messages, static message => Assert.InRange(message.CalculateSize(), 1, 16 << 20));
        Assert.All(
            messages.SelectMany(static message => message.Start),
            static start => Assert.StartsWith("{\"n2\":\"xxx", start.Inputs.ToStringUtf8()[..20], StringComparison.Ordinal));
    }

    private static TaskWrite Write(int no, ImmutableArray<TaskDependency>? after, byte[]? value)
    {
        var id = IdOf(no);
        var state = value is null ? TaskState.Queued : TaskState.Succeeded;
        var result = new AttemptResult(LeaseOf(id), EndReason.Exit, 0, null, 0, 0, 0, null) { Value = value };
        return new TaskWrite
        {
            Row = new TaskRow { No = no, Id = id, Order = no, Attempt = 1, State = state },
            Batch = IdOf(1),
            Result = value is null ? null : result,
            New = new TaskSubmission(
                id, "", 5, 0, 0, RetryPolicy.Default, [], [], Limits.Results,
                """{"cmd":"true","env":{"WORKFLOW_ID":"w"}}"""u8.ToArray(), default, null, after, $"n{no}"),
        };
    }

    private static TaskId IdOf(int no) => new(1, (ulong)no);

    private static LeaseRef LeaseOf(TaskId id) => new(id, Key, 1, new LeaseToken(1, id.Low));
}
