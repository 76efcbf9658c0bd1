using System.Text;
using OrleansTasks.Tasks.Spec;
using OrleansTasks.Workflows;

namespace OrleansTasks.Schedules;

/// <summary>Which bodies of schedules are taken, and what is said of others.</summary>
public sealed class ScheduleSpecTests
{
    private const string Task = "\"task\":{\"cmd\":\"true\"}";
    private const string Squares = "\"source\":{\"range\":{\"from\":0,\"to\":9}},\"process\":{\"builtin\":\"square\"}";

    [Fact]
    public void Body_WithAll_IsReadWithAll()
    {
        var spec = Read("""
            {"cron":"0 3 * * *","timeZone":"Europe/Berlin","task":{"cmd":"true","queue":"q"},"startAt":"2026-01-01T00:00:00Z",
             "endAt":"2027-01-01T00:00:00Z","overlap":"queueOne","startWithin":"2m","catchUp":"all","catchUpLimit":7,"jitter":"3s",
             "paused":true,"version":5}
            """, out var errors);
        Assert.True(errors.IsEmpty, string.Join(", ", errors.Items));
        Assert.Equal(("0 3 * * *", "Europe/Berlin", "q", 120_000L, 7, 3_000L, true, 5L),
            (spec!.Cron!.Text, spec.ZoneName, spec.Task.Queue, spec.StartWithin, spec.CatchUpLimit, spec.Jitter, spec.Paused, spec.Version));
        Assert.Equal((Overlap.QueueOne, CatchUp.All), (spec.Overlap, spec.CatchUp));
        Assert.Equal(1_767_225_600_000 + 2 * 3_600_000L, spec.PlanOf(0).Times.Next(0));
    }

    [Fact]
    public void Body_WithTheLeast_HasTheContractsDefaults()
    {
        var spec = Read("{\"every\":\"1s\"," + Task + "}", out var errors)!;
        Assert.True(errors.IsEmpty);
        Assert.Equal(("UTC", 60_000L, 100, 0L, false, null), (spec.ZoneName, spec.StartWithin, spec.CatchUpLimit, spec.Jitter, spec.Paused, spec.Version));
        Assert.Equal((Overlap.Skip, CatchUp.None), (spec.Overlap, spec.CatchUp));
    }

    [Theory]
    [InlineData("""{"cron":"* * * * *"}""", "task", "is missing")]
    [InlineData("{" + Task + "}", "cron", "is missing")]
    [InlineData("{\"cron\":\"* * * * *\",\"every\":\"1m\"," + Task + "}", "every", "exclude each other")]
    [InlineData("{\"every\":\"1m\",\"timeZone\":\"UTC\"," + Task + "}", "timeZone", "is not allowed with every")]
    [InlineData("{\"every\":\"999ms\"," + Task + "}", "every", "must be from 1s")]
    [InlineData("{\"every\":\"367d\"," + Task + "}", "every", "must be from 1s")]
    [InlineData("{\"cron\":\"60 * * * *\"," + Task + "}", "cron", "'60' is not a value of the minute")]
    [InlineData("{\"cron\":\"0 0 30 2 *\"," + Task + "}", "cron", "has no time in the next 100 years")]
    [InlineData("{\"cron\":\"* * * * *\",\"timeZone\":\"Mars/Olympus\"," + Task + "}", "timeZone", "is not the IANA name")]
    [InlineData("""{"every":"1m","job":7}""", "job", "must be an object")]
    [InlineData("{\"every\":\"1m\",\"job\":{" + Squares + "}," + Task + "}", "job", "exclude each other")]
    [InlineData("{\"every\":\"1m\",\"job\":{" + Squares + ",\"labels\":{\"schedule\":\"x\"}}}", "job.labels.schedule", "is not allowed")]
    [InlineData("{\"every\":\"1m\",\"job\":{" + Squares + ",\"env\":{\"A\":\"b\"}}}", "job.env", "unknown field")]
    [InlineData("""{"every":"1m","job":{"process":{"builtin":"square"}}}""", "job.source", "is missing")]
    [InlineData("""{"every":"1m","job":{"source":{"range":{"from":0}},"process":{"builtin":"square"}}}""", "job.source.range.to", "is missing")]
    [InlineData("""{"every":"1m","job":{"source":{"stream":{}},"process":{"builtin":"square"}}}""", "job.source.stream", "must not be a stream")]
    [InlineData("""{"every":"1m","workflow":{}}""", "workflow.nodes", "is missing")]
    [InlineData("""{"every":"1m","workflow":7}""", "workflow", "must be an object")]
    [InlineData("{\"every\":\"1m\",\"workflow\":{\"nodes\":[{\"name\":\"a\"," + Task + "}]}," + Task + "}", "workflow", "exclude each other")]
    [InlineData("""{"every":"1m","workflow":{"nodes":[{"name":"a","task":{"cmd":1}}]}}""", "workflow.nodes[0].task.cmd", "must be a string")]
    [InlineData("{\"every\":\"1m\",\"workflow\":{\"nodes\":[{\"name\":\"a\",\"after\":[\"b\"]," + Task + "}]}}", "workflow.nodes[0].after[0]", "no node is called 'b'")]
    [InlineData("{\"every\":\"1m\",\"workflow\":{\"labels\":{\"schedule\":\"x\"},\"nodes\":[{\"name\":\"a\"," + Task + "}]}}", "workflow.labels.schedule", "is not allowed")]
    [InlineData("""{"every":"1m","workflow":{"nodes":[{"name":"a","task":{"cmd":"true","runAt":"2030-01-01T00:00:00Z"}}]}}""", "workflow.nodes[0].task.runAt", "is not allowed")]
    [InlineData("""{"every":"1m","task":{}}""", "task.cmd", "is missing")]
    [InlineData("""{"every":"1m","task":{"cmd":"true","cmdd":1}}""", "task.cmdd", "did you mean 'cmd'")]
    [InlineData("""{"every":"1m","task":7}""", "task", "must be an object")]
    [InlineData("""{"every":"1m","task":{"cmd":"true","runAt":"2030-01-01T00:00:00Z"}}""", "task.runAt", "is not allowed")]
    [InlineData("""{"every":"1m","task":{"cmd":"true","labels":{"schedule":"x"}}}""", "task.labels.schedule", "is not allowed")]
    [InlineData("{\"every\":\"1m\",\"overlap\":\"none\"," + Task + "}", "overlap", "allowed are skip, allow, queueOne")]
    [InlineData("{\"every\":\"1m\",\"catchUp\":\"some\"," + Task + "}", "catchUp", "allowed are none, one, all")]
    [InlineData("{\"every\":\"1m\",\"catchUpLimit\":0," + Task + "}", "catchUpLimit", "from 1 to 1000")]
    [InlineData("{\"every\":\"1m\",\"startWithin\":\"8d\"," + Task + "}", "startWithin", "must be from 1s to 7d")]
    [InlineData("{\"every\":\"1m\",\"jitter\":\"2h\"," + Task + "}", "jitter", "must be from")]
    [InlineData("{\"every\":\"1m\",\"startAt\":\"2026-01-01T00:00:00Z\",\"endAt\":\"2026-01-01T00:00:00Z\"," + Task + "}", "endAt", "later than startAt")]
    [InlineData("{\"every\":\"1m\",\"version\":0," + Task + "}", "version", "from 1")]
    [InlineData("{\"every\":\"1m\",\"nextRuns\":[]," + Task + "}", "nextRuns", "unknown field")]
    public void Body_WithAnError_NamesItsPlace(string body, string path, string message)
    {
        Assert.Null(Read(body, out var errors));
        var error = Assert.Single(errors.Items);
        Assert.Equal(path, error.Path);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Labels_LeaveRoomForTheSchedules()
    {
        Assert.NotNull(Read(WithLabels(31), out _));
        Assert.Null(Read(WithLabels(32), out var errors));
        Assert.Equal("task.labels", Assert.Single(errors.Items).Path);
    }

    [Fact]
    public void Stored_HasNoSecrets_AndIsReadBack()
    {
        var body = Encoding.UTF8.GetBytes("""{"paused":false, "task":{"secretEnv":{"A":"b"}, "cmd":"true"}, "every":"5m"}""");
        var spec = ScheduleSpecReader.Read(body, 0, new SpecErrors())!;
        var stored = spec.CopyBody(body);
        Assert.DoesNotContain("secretEnv", Encoding.UTF8.GetString(stored), StringComparison.Ordinal);
        Assert.Equal("""{"A":"b"}""", Encoding.UTF8.GetString(spec.CopySecrets(body)));
        var read = ScheduleSpecReader.ReadStored(stored);
        Assert.Equal((300_000L, "true"), (read.Every, read.Task.Cmd));
        Assert.Throws<FormatException>(() => ScheduleSpecReader.ReadStored("{}"u8));
    }

    [Fact]
    public void StoredWorkflow_HasNoSecretsOfNodes_AndIsReadBack()
    {
        var body = Encoding.UTF8.GetBytes("""
            {"workflow":{"queue":"q","nodes":[{"name":"a","task":{"cmd":"true" , "secretEnv":{"A":"b"}}},{"task":{"cmd":"true"},"name":"b"},
             {"name":"c","task":{"secretEnv":{"C":"d"},"cmd":"true"},"after":["a"]}]}, "every":"5m"}
            """);
        var spec = ScheduleSpecReader.Read(body, 0, new SpecErrors())!;
        Assert.Equal("q", spec.Queue);
        var stored = spec.CopyBody(body);
        Assert.DoesNotContain("secretEnv", Encoding.UTF8.GetString(stored), StringComparison.Ordinal);
        Assert.Equal("""{"0":{"A":"b"},"2":{"C":"d"}}""", Encoding.UTF8.GetString(spec.CopySecrets(body)));
        var secrets = NodeSecrets.Read(spec.CopySecrets(body));
        Assert.Equal([(0, """{"A":"b"}"""), (2, """{"C":"d"}""")], secrets.Select(static one => (one.Key, Encoding.UTF8.GetString(one.Value))));

        var read = ScheduleSpecReader.ReadStored(stored);
        Assert.Equal((300_000L, 3, "a"), (read.Every, read.Workflow!.Nodes.Length, read.Workflow.Name));
        var target = Encoding.UTF8.GetString(read.CopyTarget(stored));
        Assert.Equal(target, Encoding.UTF8.GetString(spec.CopyTarget(body)));
        Assert.Equal(("{\"queue", "]}"), (target[..7], target[^2..]));
        Assert.Empty(read.CopySecrets(stored));
    }

    [Fact]
    public void StoredJob_IsReadBack_AndBecomesTheJobOfAnOccurrence()
    {
        const string Job = """{"queue":"q","labels":{"a":"b"},"source":{"items":[1, {"v": 2}]} , "process":{"builtin":"identity"}}""";
        var body = Encoding.UTF8.GetBytes("{\"job\": " + Job + ", \"every\":\"5m\"}");
        var spec = ScheduleSpecReader.Read(body, 0, new SpecErrors())!;
        Assert.Equal(
            ("q", Job, 0), (spec.Queue, Encoding.UTF8.GetString(spec.CopyTarget(body)), spec.CopySecrets(body).Length));

        var stored = spec.CopyBody(body);
        var read = ScheduleSpecReader.ReadStored(stored);
        Assert.Equal((300_000L, "identity"), (read.Every, read.Job!.Name));
        Assert.Equal("1\n{\"v\":2}\n", Encoding.UTF8.GetString(read.Job.Source.Lines.Span));
        Assert.Equal(
            """{"queue":"q","source":{"items":[1,{"v":2}]},"process":{"builtin":"identity"},"labels":{"a":"b","schedule":"s"},"env":{"SCHEDULE_ID":"s","SCHEDULE_TIME":"1970-01-01T00:00:05.000Z"}}""",
            Encoding.UTF8.GetString(OccurrenceJob.SpecOf("s", 5_000, read.CopyTarget(stored))));
    }

    private static string WithLabels(int count) =>
        "{\"every\":\"1m\",\"task\":{\"cmd\":\"true\",\"labels\":{"
        + string.Join(',', Enumerable.Range(0, count).Select(static i => $"\"l{i}\":\"\"")) + "}}}";

    private static ScheduleSpec? Read(string body, out SpecErrors errors) =>
        ScheduleSpecReader.Read(Encoding.UTF8.GetBytes(body), 0, errors = new SpecErrors());
}
