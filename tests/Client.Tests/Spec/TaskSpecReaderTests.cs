using System.Text;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Tests.Spec;

public sealed class TaskSpecReaderTests
{
    private const string First = "019f5a2c-7d10-7c3a-8b00-0342ab12cd33";
    private const string Second = "019f5a2c-7d10-7c3a-8b00-0342ab12cd34";
    private const string Third = "019f5a2c-7d10-7c3a-8b00-0342ab12cd35";

    [Fact]
    public void Read_CommandAlone_HasTheContractsDefaults()
    {
        var spec = Reading.Valid("""{"cmd": "touch /tmp/hello"}""");

        Assert.Equal("touch /tmp/hello", spec.Cmd);
        Assert.Equal(["/bin/sh", "-c", "touch /tmp/hello"], spec.Command);
        Assert.Equal("touch", spec.Name);
        Assert.Equal("default", spec.Queue);
        Assert.Equal(5, spec.Priority);
        Assert.Empty(spec.Env);
        Assert.Empty(spec.SecretEnv);
        Assert.Null(spec.Cwd);
        Assert.Equal(0, spec.Stdin.Length);
        Assert.Equal(TimeSpan.FromHours(1), spec.Timeout);
        Assert.Equal(TimeSpan.FromSeconds(5), spec.KillGrace);
        Assert.Equal(new RetryPolicy(1, 1_000, 300_000, true), spec.Retry);
        Assert.Equal(0, spec.RunAt);
        Assert.Equal(0, spec.ExpiresAt);
        Assert.Empty(spec.Labels);
        Assert.Empty(spec.Requires);
        Assert.Equal(Limits.None, spec.Limits.Kinds);
        Assert.Equal(16 * 1024 * 1024, spec.MaxOutputBytes);
    }

    [Fact]
    public void Read_EveryField_IsUnderstood()
    {
        var spec = Reading.Valid("""
            {"argv": ["/bin/echo", "", "ü"], "name": "n", "queue": "q.1", "priority": 9, "env": {"A": "1", "b_": ""},
             "cwd": "/tmp", "stdin": "a\nb", "timeout": "1.5s", "killGrace": "0s",
             "retry": {"maxAttempts": 3, "backoff": "2s", "maxBackoff": "1m", "onNodeLost": false},
             "runAt": "2027-01-15T08:00:01Z", "labels": {"b": "2", "a/x": ""}, "requires": {"gpu": "yes"},
             "limits": {"memoryBytes": 1000, "cpuTime": "2m", "processes": 4, "openFiles": 5},
             "secretEnv": {"S": "x"}, "expiresAt": "2027-01-15T09:00:00+01:00", "maxOutputBytes": 0,
             "concurrency": {"key": "customer 7", "limit": 3}}
            """.Replace("2027-01-15T09:00:00+01:00", "2027-01-15T10:00:00+01:00", StringComparison.Ordinal));

        Assert.Equal(["/bin/echo", "", "ü"], spec.Command);
        Assert.Equal("n", spec.Name);
        Assert.Equal("q.1", spec.Queue);
        Assert.Equal(9, spec.Priority);
        Assert.Equal([new("A", "1"), new("b_", "")], spec.Env);
        Assert.Equal("/tmp", spec.Cwd);
        Assert.Equal("a\nb", Encoding.UTF8.GetString(spec.Stdin.Span));
        Assert.Equal(TimeSpan.FromSeconds(1.5), spec.Timeout);
        Assert.Equal(TimeSpan.Zero, spec.KillGrace);
        Assert.Equal(new RetryPolicy(3, 2_000, 60_000, false), spec.Retry);
        Assert.Equal(Reading.Now + 1_000, spec.RunAt);
        Assert.Equal([new("a/x", ""), new("b", "2")], spec.Labels);
        Assert.Equal([new("gpu", "yes")], spec.Requires);
        Assert.Equal(new TaskLimits(1000, TimeSpan.FromMinutes(2), 4, 5), spec.Limits);
        Assert.Equal(Limits.Memory | Limits.CpuTime | Limits.Processes | Limits.OpenFiles, spec.Limits.Kinds);
        Assert.Equal([new("S", "x")], spec.SecretEnv);
        Assert.Equal(Reading.Now + 3_600_000, spec.ExpiresAt);
        Assert.Equal(0, spec.MaxOutputBytes);
        Assert.Equal(new TaskConcurrency("customer 7", 3), spec.Concurrency);
    }

    [Fact]
    public void Read_UniqueAndDebounce_HaveDefaults()
    {
        Assert.Equal(new TaskUnique("k", UniqueWhile.Open, UniqueThen.Refuse), Reading.Valid("""{"cmd":"x","unique":{"key":"k"}}""").Unique);
        Assert.Equal(
            new TaskUnique("k", UniqueWhile.Queued, UniqueThen.Join) { Debounce = 2_000, DebounceMax = 20_000 },
            Reading.Valid("""{"cmd":"x","unique":{"key":"k","while":"queued","then":"join"},"debounce":"2s"}""").Unique);
        Assert.Equal(
            TaskUnique.LongestDebounce.TotalMilliseconds,
            Reading.Valid("""{"cmd":"x","unique":{"key":"k","then":"join"},"debounce":"2d"}""").Unique!.DebounceMax);
    }

    [Fact]
    public void Read_ConcurrencyWithoutALimit_IsOneAtATime() =>
        Assert.Equal(new TaskConcurrency("k", 1), Reading.Valid("""{"cmd":"x","concurrency":{"key":"k"}}""").Concurrency);

    [Fact]
    public void Read_After_TakesShortAndLongForms()
    {
        var spec = Reading.Valid($$"""{"cmd":"x","after":["{{First}}",{"task":"{{Second}}"},{"on":"ended","task":"{{Third}}"}]}""");
        Assert.Equal(
            [(First, EndCondition.Succeeded), (Second, EndCondition.Succeeded), (Third, EndCondition.Ended)],
            spec.After.Select(static one => (one.Task.ToString(), one.On)));
        Assert.Empty(Reading.Valid("""{"cmd":"x","after":[]}""").After);
    }

    [Theory]
    [InlineData("null", "after")]
    [InlineData("[7]", "after[0]")]
    [InlineData("""["x"]""", "after[0]")]
    [InlineData("""["019F5A2C-7D10-7C3A-8B00-0342AB12CD33"]""", "after[0]")]
    [InlineData("[{}]", "after[0].task")]
    [InlineData($$"""[{"task":"{{First}}","on":"success"}]""", "after[0].on")]
    [InlineData($$"""[{"task":"{{First}}","when":"ended"}]""", "after[0].when")]
    [InlineData($$"""["{{First}}",{"task":"{{First}}","on":"ended"}]""", "after[1]")]
    public void Read_AfterThatIsWrong_IsNamed(string after, string path) =>
        Assert.Equal(path, Reading.Invalid($$"""{"cmd":"x","after":{{after}}}""").Path);

    [Fact]
    public void Read_AfterOf64_IsAllowed_And65Not()
    {
        var ids = Enumerable.Range(10, 65).Select(static i => $"\"019f5a2c-7d10-7c3a-8b00-0342ab12cd{i:x2}\"").ToArray();
        Assert.Equal(64, Reading.Valid($$"""{"cmd":"x","after":[{{string.Join(',', ids[1..])}}]}""").After.Length);
        Assert.Equal("after", Reading.Invalid($$"""{"cmd":"x","after":[{{string.Join(',', ids)}}]}""").Path);
    }

    [Theory]
    [InlineData($$"""{"cmd":"x","after":["{{First}}"]}""", $$"""{"cmd":"x","after":[{"task":"{{First}}","on":"succeeded"}]}""")]
    [InlineData($$""" { "after" : [ {"on":"ended", "task":"{{First}}"} ] , "env":{"after":"1"} } """, $$""" { "after" : [{"task":"{{First}}","on":"ended"}] , "env":{"after":"1"} } """)]
    [InlineData("""{"cmd":"after"}""", """{"cmd":"after"}""")]
    public void Lengthen_After_IsInItsLongForm_TheRestStays(string given, string expected)
    {
        var utf8 = System.Text.Encoding.UTF8.GetBytes(given);
        var condition = given.Contains("ended", StringComparison.Ordinal) ? EndCondition.Ended : EndCondition.Succeeded;
        Assert.True(TaskId.TryParse(First, out var id));
        Assert.Equal(expected, System.Text.Encoding.UTF8.GetString(AfterText.Lengthen(utf8, [new TaskDependency(id, condition)])));
    }

    [Fact]
    public void Read_KeyOf256Characters_IsAllowed()
    {
        var key = string.Concat(Enumerable.Repeat("😀", 256));
        Assert.Equal(key, Reading.Valid($$$"""{"cmd":"x","concurrency":{"key":"{{{key}}}"}}""").Concurrency!.Key);
        Assert.Equal("concurrency.key", Reading.Invalid($$$"""{"cmd":"x","concurrency":{"key":"{{{key}}}x"}}""").Path);
    }

    [Theory]
    [InlineData("""{"cmd":"  touch  x"}""", "touch")]
    [InlineData("""{"cmd":"a\u0001b c"}""", "ab")]
    [InlineData("""{"cmd":" "}""", "")]
    [InlineData("""{"argv":["/opt/my tool","x"]}""", "/opt/my tool")]
    [InlineData("""{"cmd":"PASSWORD=x backup --all"}""", "backup")]
    [InlineData("""{"cmd":" A=1  _b2+=x\tC= make all"}""", "make")]
    [InlineData("""{"cmd":"P='a b;c' Q=\"d \\\" e\" R=f\\ g run"}""", "run")]
    [InlineData("""{"cmd":"P=$(cat \"my secret\" | tr a b) Q=`date +%s` R=\"${X:-a b}\" run"}""", "run")]
    [InlineData("""{"cmd":"P=x; run P"}""", "run")]
    [InlineData("""{"cmd":"P=x&&run"}""", "run")]
    [InlineData("""{"cmd":"P=x"}""", "sh")]
    [InlineData("""{"cmd":"P='x y"}""", "sh")]
    [InlineData("""{"cmd":"1A=x y"}""", "1A=x")]
    [InlineData("""{"cmd":"( A=1 x )"}""", "x")]
    [InlineData("""{"cmd":"date; id"}""", "date")]
    [InlineData("""{"cmd":"sleep 1&"}""", "sleep")]
    [InlineData("""{"cmd":"; id"}""", ";")]
    [InlineData("""{"cmd":"for f in *.csv; do gzip \"$f\"; done"}""", "gzip")]
    [InlineData("""{"cmd":"for i in 1 2\ndo\n  A=1 convert $i\ndone"}""", "convert")]
    [InlineData("""{"cmd":"while read -r x; do mail \"$x\"; done < list"}""", "mail")]
    [InlineData("""{"cmd":"until nc -z db 5432; do sleep 1; done"}""", "sleep")]
    [InlineData("""{"cmd":"if test -f x; then rm x; fi"}""", "rm")]
    [InlineData("""{"cmd":"cd /srv/app && make all"}""", "make")]
    [InlineData("""{"cmd":"set -eu; export TOKEN=secret\n./deploy now"}""", "./deploy")]
    [InlineData("""{"cmd":"cd '/a;b' || exit 1"}""", "cd")]
    [InlineData("""{"cmd":"cd /srv"}""", "cd")]
    [InlineData("""{"cmd":"cd /srv;"}""", "cd")]
    [InlineData("""{"cmd":"for"}""", "for")]
    [InlineData("""{"cmd":"for x in do; y"}""", "y")]
    [InlineData("""{"cmd":"forge build"}""", "forge")]
    [InlineData("""{"cmd":"x","name":""}""", "")]
    public void Read_Name_IsGivenOrTheFirstProgram(string json, string name) => Assert.Equal(name, Reading.Valid(json).Name);

    [Fact]
    public void Read_LongFirstWord_IsCutAt200Characters()
    {
        var word = string.Concat(Enumerable.Repeat("😀", 250));
        Assert.Equal(string.Concat(Enumerable.Repeat("😀", 200)), Reading.Valid($$"""{"cmd":"{{word}}"}""").Name);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("")]
    [InlineData("not json")]
    [InlineData("""{"cmd":"x"} x""")]
    [InlineData("""{"cmd":"x",}""")]
    [InlineData("""{"cmd":"x" /* no */}""")]
    [InlineData("""{"cmd":"x","cmd":"x"}""")]
    [InlineData("""{"cmd":"x","c\u006dd":"x"}""")]
    [InlineData("""{"cmd":"x","foo":1,"foo":2}""")]
    [InlineData("""{"cmd":"x","foo":{"deep":[{"a":1,"a":2}]}}""")]
    [InlineData("""{"cmd":"x","priority":{"a":1,"a":2}}""")]
    [InlineData("""{"cmd":"x","env":{"A":"1","A":"2"}}""")]
    [InlineData("""{"cmd":"x","labels":{"a":"1","\u0061":"2"}}""")]
    [InlineData("""{"cmd":"x","retry":{"backoff":"1s","backoff":"1s"}}""")]
    [InlineData("""{"cmd":"\ud800"}""")]
    [InlineData("""{"cmd":"x","foo":"\ud800"}""")]
    [InlineData("{\"cmd\":\"\u0001\"}")]
    public void Read_WhatIsNoJson_IsMalformed(string json)
    {
        var (spec, errors) = Reading.Task(json);
        Assert.Null(spec);
        Assert.NotNull(errors.Malformed);
        Assert.DoesNotContain("LineNumber", errors.Malformed, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_BytesThatAreNotUtf8_AreMalformed()
    {
        var (_, errors) = Reading.Task([.. "{\"cmd\":\""u8, 0xff, .. "\"}"u8]);
        Assert.Equal("The text is not UTF-8.", errors.Malformed);
    }

    [Theory]
    [InlineData("[]", "$")]
    [InlineData("null", "$")]
    [InlineData("{}", "cmd")]
    [InlineData("""{"cmd":""}""", "cmd")]
    [InlineData("""{"cmd":null}""", "cmd")]
    [InlineData("""{"cmd":5}""", "cmd")]
    [InlineData("""{"cmd":"a\u0000b"}""", "cmd")]
    [InlineData("""{"cmd":"x","argv":["y"]}""", "argv")]
    [InlineData("""{"argv":[]}""", "argv")]
    [InlineData("""{"argv":[""]}""", "argv[0]")]
    [InlineData("""{"argv":["x",1]}""", "argv[1]")]
    [InlineData("""{"argv":["x","\u0000"]}""", "argv[1]")]
    [InlineData("""{"cmd":"x","name":"a\nb"}""", "name")]
    [InlineData("""{"cmd":"x","queue":"Big"}""", "queue")]
    [InlineData("""{"cmd":"x","queue":""}""", "queue")]
    [InlineData("""{"cmd":"x","queue":"-a"}""", "queue")]
    [InlineData("""{"cmd":"x","priority":10}""", "priority")]
    [InlineData("""{"cmd":"x","priority":-1}""", "priority")]
    [InlineData("""{"cmd":"x","priority":1.5}""", "priority")]
    [InlineData("""{"cmd":"x","priority":"5"}""", "priority")]
    [InlineData("""{"cmd":"x","priority":1e400}""", "priority")]
    [InlineData("""{"cmd":"x","env":{"1A":"x"}}""", "env.1A")]
    [InlineData("""{"cmd":"x","env":{"A":1}}""", "env.A")]
    [InlineData("""{"cmd":"x","env":{"A":"\u0000"}}""", "env.A")]
    [InlineData("""{"cmd":"x","env":[]}""", "env")]
    [InlineData("""{"cmd":"x","secretEnv":{"A-B":"x"}}""", "secretEnv.A-B")]
    [InlineData("""{"cmd":"x","cwd":"tmp"}""", "cwd")]
    [InlineData("""{"cmd":"x","cwd":""}""", "cwd")]
    [InlineData("""{"cmd":"x","timeout":"0s"}""", "timeout")]
    [InlineData("""{"cmd":"x","timeout":"31d"}""", "timeout")]
    [InlineData("""{"cmd":"x","timeout":"soon"}""", "timeout")]
    [InlineData("""{"cmd":"x","timeout":5}""", "timeout")]
    [InlineData("""{"cmd":"x","killGrace":"11m"}""", "killGrace")]
    [InlineData("""{"cmd":"x","retry":{"maxAttempts":0}}""", "retry.maxAttempts")]
    [InlineData("""{"cmd":"x","retry":{"maxAttempts":101}}""", "retry.maxAttempts")]
    [InlineData("""{"cmd":"x","retry":{"backoff":"x"}}""", "retry.backoff")]
    [InlineData("""{"cmd":"x","retry":{"onNodeLost":"yes"}}""", "retry.onNodeLost")]
    [InlineData("""{"cmd":"x","retry":{"max":1}}""", "retry.max")]
    [InlineData("""{"cmd":"x","retry":3}""", "retry")]
    [InlineData("""{"cmd":"x","runAt":"tomorrow"}""", "runAt")]
    [InlineData("""{"cmd":"x","runAt":"2027-01-15T08:00:01"}""", "runAt")]
    [InlineData("""{"cmd":"x","expiresAt":"2027-01-15T08:00:00Z"}""", "expiresAt")]
    [InlineData("""{"cmd":"x","runAt":"2028-01-01T00:00:00Z","expiresAt":"2027-06-01T00:00:00Z"}""", "expiresAt")]
    [InlineData("""{"expiresAt":"2028-01-01T00:00:00Z","runAt":"2028-01-01T00:00:00Z","cmd":"x"}""", "expiresAt")]
    [InlineData("""{"cmd":"x","labels":{"Up":"x"}}""", "labels.Up")]
    [InlineData("""{"cmd":"x","labels":{"a":true}}""", "labels.a")]
    [InlineData("""{"cmd":"x","requires":{"a":"\u0007"}}""", "requires.a")]
    [InlineData("""{"cmd":"x","limits":{"memoryBytes":0}}""", "limits.memoryBytes")]
    [InlineData("""{"cmd":"x","limits":{"cpuTime":"0s"}}""", "limits.cpuTime")]
    [InlineData("""{"cmd":"x","limits":{"processes":-1}}""", "limits.processes")]
    [InlineData("""{"cmd":"x","limits":{"gpu":1}}""", "limits.gpu")]
    [InlineData("""{"cmd":"x","maxOutputBytes":1073741825}""", "maxOutputBytes")]
    [InlineData("""{"cmd":"x","unique":"k"}""", "unique")]
    [InlineData("""{"cmd":"x","unique":{}}""", "unique.key")]
    [InlineData("""{"cmd":"x","unique":{"key":""}}""", "unique.key")]
    [InlineData("""{"cmd":"x","unique":{"key":"k","while":"running"}}""", "unique.while")]
    [InlineData("""{"cmd":"x","unique":{"key":"k","then":"Join"}}""", "unique.then")]
    [InlineData("""{"cmd":"x","unique":{"key":"k","limit":1}}""", "unique.limit")]
    [InlineData("""{"cmd":"x","unique":{"key":"a\u0000b"}}""", "unique.key")]
    [InlineData("""{"cmd":"x","unique":{"key":"a\nunique 0 0 0 0 0 b"}}""", "unique.key")]
    [InlineData("""{"cmd":"x","unique":{"key":"k","then":"join"},"debounce":"-1s"}""", "debounce")]
    [InlineData("""{"cmd":"x","unique":{"key":"k","then":"join"},"debounce":"365d"}""", "debounce")]
    [InlineData("""{"cmd":"x","unique":{"key":"k","then":"join"},"debounce":"0s","debounceMax":"1s"}""", "debounce")]
    [InlineData("""{"cmd":"x","debounce":"1s"}""", "debounce")]
    [InlineData("""{"cmd":"x","debounce":"1s","unique":{"key":"k"}}""", "debounce")]
    [InlineData("""{"cmd":"x","debounce":"0s","unique":{"key":"k","then":"join"}}""", "debounce")]
    [InlineData("""{"cmd":"x","debounce":"1s","runAt":"2027-01-15T08:00:01Z","unique":{"key":"k","then":"join"}}""", "debounce")]
    [InlineData("""{"cmd":"x","debounceMax":"1s","unique":{"key":"k","then":"join"}}""", "debounceMax")]
    [InlineData("""{"cmd":"x","debounce":"2s","debounceMax":"1s","unique":{"key":"k","then":"join"}}""", "debounceMax")]
    [InlineData("""{"cmd":"x","debounce":"1s","expiresAt":"2027-01-15T08:00:01Z","unique":{"key":"k","then":"join"}}""", "expiresAt")]
    [InlineData("""{"cmd":"x","concurrency":"k"}""", "concurrency")]
    [InlineData("""{"cmd":"x","concurrency":{}}""", "concurrency.key")]
    [InlineData("""{"cmd":"x","concurrency":{"limit":2}}""", "concurrency.key")]
    [InlineData("""{"cmd":"x","concurrency":{"key":""}}""", "concurrency.key")]
    [InlineData("""{"cmd":"x","concurrency":{"key":7}}""", "concurrency.key")]
    [InlineData("""{"cmd":"x","concurrency":{"key":"a\nb"}}""", "concurrency.key")]
    [InlineData("""{"cmd":"x","concurrency":{"key":"k","limit":0}}""", "concurrency.limit")]
    [InlineData("""{"cmd":"x","concurrency":{"key":"k","limit":100001}}""", "concurrency.limit")]
    [InlineData("""{"cmd":"x","concurrency":{"key":"k","max":1}}""", "concurrency.max")]
    [InlineData("""{"cmd":"x","colour":"red"}""", "colour")]
    public void Read_ValueThatIsNotAllowed_IsNamedByItsPath(string json, string path) =>
        Assert.Equal(path, Reading.Invalid(json).Path);

    [Theory]
    [InlineData("comand", "cmd")]
    [InlineData("CMD", "cmd")]
    [InlineData("tiemout", "timeout")]
    [InlineData("max_output_bytes", "maxOutputBytes")]
    [InlineData("environment", "env")]
    [InlineData("label", "labels")]
    public void Read_UnknownField_NamesANearOne(string field, string near)
    {
        var (_, errors) = Reading.Task($$"""{"cmd":"x","{{field}}":1}""");
        Assert.Contains($"did you mean '{near}'?", Assert.Single(errors.Items).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_SeveralFaults_AreAllNoted()
    {
        var (_, errors) = Reading.Task("""{"argv":[1],"priority":11,"retry":{"backoff":1},"foo":[{"a":{}}]}""");
        Assert.Equal(["argv[0]", "priority", "retry.backoff", "foo"], errors.Items.Select(error => error.Path));
    }

    [Theory]
    [InlineData(131_071, true)]
    [InlineData(131_072, false)]
    public void Read_LongCommand_ObeysTheKernelsLimit(int length, bool allowed)
    {
        var (spec, _) = Reading.Task($$"""{"cmd":"{{new string('x', length)}}"}""");
        Assert.Equal(allowed, spec is not null);
    }

    [Fact]
    public void Read_CountsAndSizesAtTheirBounds_AreAllowed()
    {
        var argv = string.Join(',', Enumerable.Repeat("\"x\"", 4_096));
        var labels = string.Join(',', Enumerable.Range(0, 32).Select(i => $"\"k{i}\":\"{string.Concat(Enumerable.Repeat("😀", 256))}\""));
        var env = string.Join(',', Enumerable.Range(0, 256).Select(i => $"\"V{i:000}\":\"{new string('v', 508)}\""));
        Reading.Valid($$$"""
            {"argv":[{{{argv}}}],"labels":{{{{labels}}}},"env":{{{{env}}}},"stdin":"{{{new string('s', 262_144)}}}",
             "name":"{{{new string('n', 200)}}}","queue":"{{{new string('q', 64)}}}","timeout":"30d","killGrace":"10m",
             "maxOutputBytes":1073741824,"retry":{"maxAttempts":100}}
            """);
    }

    [Theory]
    [InlineData("argv", 4_097)]
    [InlineData("labels", 33)]
    [InlineData("env", 257)]
    public void Read_OneTooMany_IsRefused(string field, int count)
    {
        var items = string.Join(',', Enumerable.Range(0, count).Select(i => field == "argv" ? "\"x\"" : $"\"k{i}\":\"\""));
        var json = field == "argv" ? $$"""{"argv":[{{items}}]}""" : $$$"""{"cmd":"x","{{{field}}}":{{{{items}}}}}""";
        Assert.Equal(field, Reading.Invalid(json).Path);
    }

    [Fact]
    public void Read_OneCharacterTooMany_IsRefused()
    {
        Assert.Equal("name", Reading.Invalid($$"""{"cmd":"x","name":"{{new string('n', 201)}}"}""").Path);
        Assert.Equal("stdin", Reading.Invalid($$"""{"cmd":"x","stdin":"{{new string('n', 262_145)}}"}""").Path);
        Assert.Equal("queue", Reading.Invalid($$"""{"cmd":"x","queue":"{{new string('n', 65)}}"}""").Path);
        Assert.Equal("labels.a", Reading.Invalid($$$"""{"cmd":"x","labels":{"a":"{{{new string('n', 257)}}}"}}""").Path);
        Assert.Equal("env", Reading.Invalid($$$"""{"cmd":"x","env":{"A":"{{{new string('n', 100_000)}}}","B":"{{{new string('n', 40_000)}}}"}}""").Path);
        Assert.Equal("env.A", Reading.Invalid($$$"""{"cmd":"x","env":{"A":"{{{new string('n', 131_070)}}}"}}""").Path);
    }

    [Theory]
    [InlineData("""{"cmd":"x","secretEnv":{"A":"1"}}""", """{"cmd":"x"}""")]
    [InlineData("""{"secretEnv":{"A":"1"},"cmd":"x"}""", """{"cmd":"x"}""")]
    [InlineData("""{ "secretEnv" : {"A":"1"} , "cmd":"x"}""", """{  "cmd":"x"}""")]
    [InlineData("""{"cmd":"x" , "secretEnv":{"A":"1"} }""", """{"cmd":"x"  }""")]
    [InlineData("""{"cmd":"x","s\u0065cretEnv":{"A":"1"},"name":"n"}""", """{"cmd":"x","name":"n"}""")]
    public void CopySpec_WithSecrets_LeavesThemOut(string json, string expected)
    {
        var utf8 = Encoding.UTF8.GetBytes(json);
        var errors = new SpecErrors();
        Assert.NotNull(TaskSpecReader.Read(utf8, Reading.Now, errors, out var extent));
        Assert.Equal(expected, Encoding.UTF8.GetString(extent.CopySpec(utf8)));
        Assert.Equal("""{"A":"1"}""", Encoding.UTF8.GetString(extent.CopySecrets(utf8)));
    }

    [Fact]
    public void ReadStored_OfOtherRules_IsReadAsItWasAccepted()
    {
        var spec = TaskSpecReader.ReadStored("""
            {"cmd":"x","priority":12,"timeout":"90d","labels":{"Team":"blue"},"later":{"a":[1]},"retry":{"maxAttempts":500},
            "requires":{"OS":"linux"}}
            """u8, """{"1":"v"}"""u8);
        Assert.Equal(("x", 12, TimeSpan.FromDays(90), 500), (spec.Cmd, spec.Priority, spec.Timeout, spec.Retry.MaxAttempts));
        Assert.Equal(new Label("Team", "blue"), Assert.Single(spec.Labels));
        Assert.Equal(new Label("OS", "linux"), Assert.Single(spec.Requires));
        Assert.Equal(new EnvironmentVariable("1", "v"), Assert.Single(spec.SecretEnv));
        Assert.Throws<FormatException>(() => TaskSpecReader.ReadStored("""{"cmd":5}"""u8, default));
        Assert.Throws<FormatException>(() => TaskSpecReader.ReadStored("""{"argv":[]}"""u8, default));
        Assert.Throws<FormatException>(() => TaskSpecReader.ReadStored("""{"later":1}"""u8, default));
    }

    [Fact]
    public void ReadStored_SpecAndSecrets_AreJoined()
    {
        var spec = TaskSpecReader.ReadStored("""{"cmd":"x","expiresAt":"2020-01-01T00:00:00Z"}"""u8, """{"A":"1"}"""u8);
        Assert.Equal("x", spec.Cmd);
        Assert.Equal([new("A", "1")], spec.SecretEnv);
        Assert.Throws<FormatException>(() => TaskSpecReader.ReadStored("{"u8, default));
        Assert.Throws<FormatException>(() => TaskSpecReader.ReadStored("""{"cmd":"x"}"""u8, "[]"u8));
    }
}
