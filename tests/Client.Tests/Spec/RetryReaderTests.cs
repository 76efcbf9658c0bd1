using OrleansTasks.Jobs.Spec;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Tests.Spec;

/// <summary>The field <c>retry</c> with budgets by cause.</summary>
public sealed class RetryReaderTests
{
    [Fact]
    public void Read_EverythingByCause_BecomesRules()
    {
        var retry = Reading.Valid("""
            {"cmd":"x","limits":{"memoryBytes":1000},"retry":{"maxAttempts":2,"fatalExitCodes":[2,"64-66","9-9"],"on":{
             "exit":{"maxAttempts":5,"codes":[75,"100-255"]},"signal":{"maxAttempts":1},"timeout":{"maxAttempts":100},
             "out-of-memory":{"maxAttempts":4,"memoryFactor":1.5,"memoryMax":9223372036854775807},"cpu-time":{"maxAttempts":3},
             "spawn-failed":{"maxAttempts":7},"bad-result":{"maxAttempts":8},"node-lost":{"maxAttempts":9}}}}
            """).Retry;

        var rules = retry.Rules!;
        Assert.Equal((2, "2,9,64-66", "75,100-255"), (retry.MaxAttempts, rules.FatalExitCodes.ToString(), rules.ExitCodes.ToString()));
        Assert.Equal((1.5, long.MaxValue), (rules.MemoryFactor, rules.MemoryMax));
        Assert.Equal([5, 1, 100, 4, 3, 7, 8, 9], Enumerable.Range(1, 8).Select(cause => rules.BudgetOf((FailureCause)cause)));
    }

    [Theory]
    [InlineData("""{"on":{}}""")]
    [InlineData("""{"fatalExitCodes":[]}""")]
    [InlineData("""{"on":{},"fatalExitCodes":[]}""")]
    public void Read_NothingByCause_IsThePolicyWithoutRules(string retry) =>
        Assert.Equal(RetryPolicy.Default, Reading.Valid($$$"""{"cmd":"x","retry":{{{retry}}}}""").Retry);

    [Fact]
    public void Read_ExitWithoutCodes_IsForAllCodes()
    {
        Assert.Null(Reading.Valid("""{"cmd":"x","retry":{"on":{"exit":{"maxAttempts":2}}}}""").Retry.Rules!.ExitCodes);
        Assert.Equal(
            default(ExitCodeSet), Reading.Valid("""{"cmd":"x","retry":{"on":{"exit":{"maxAttempts":2,"codes":[]}}}}""").Retry.Rules!.ExitCodes);
    }

    [Theory]
    [InlineData("""{"on":3}""", "retry.on")]
    [InlineData("""{"on":{"exit":3}}""", "retry.on.exit")]
    [InlineData("""{"on":{"exit":{}}}""", "retry.on.exit.maxAttempts")]
    [InlineData("""{"on":{"exit":{"codes":[3]}}}""", "retry.on.exit.maxAttempts")]
    [InlineData("""{"on":{"timeout":{"maxAttempts":0}}}""", "retry.on.timeout.maxAttempts")]
    [InlineData("""{"on":{"timeout":{"maxAttempts":101}}}""", "retry.on.timeout.maxAttempts")]
    [InlineData("""{"on":{"timeout":{"maxAttempts":1.5}}}""", "retry.on.timeout.maxAttempts")]
    [InlineData("""{"on":{"timeout":{"maxAttempts":1,"codes":[1]}}}""", "retry.on.timeout.codes")]
    [InlineData("""{"on":{"time-out":{"maxAttempts":1}}}""", "retry.on.time-out")]
    [InlineData("""{"on":{"expired":{"maxAttempts":1}}}""", "retry.on.expired")]
    [InlineData("""{"on":{"exit":{"maxAttempts":1,"codes":[0]}}}""", "retry.on.exit.codes[0]")]
    [InlineData("""{"on":{"exit":{"maxAttempts":1,"codes":[3,256]}}}""", "retry.on.exit.codes[1]")]
    [InlineData("""{"on":{"exit":{"maxAttempts":1,"codes":["0-3"]}}}""", "retry.on.exit.codes[0]")]
    [InlineData("""{"on":{"exit":{"maxAttempts":1,"codes":["5-3"]}}}""", "retry.on.exit.codes[0]")]
    [InlineData("""{"on":{"exit":{"maxAttempts":1,"codes":[null]}}}""", "retry.on.exit.codes[0]")]
    [InlineData("""{"on":{"exit":{"maxAttempts":1,"codes":"3"}}}""", "retry.on.exit.codes")]
    [InlineData("""{"fatalExitCodes":[1,"x"]}""", "retry.fatalExitCodes[1]")]
    [InlineData("""{"fatalExitCodes":[[1]]}""", "retry.fatalExitCodes[0]")]
    [InlineData("""{"fatalExitCodes":[3],"on":{"exit":{"maxAttempts":1,"codes":[7,3]}}}""", "retry.on.exit.codes[1]")]
    [InlineData("""{"on":{"exit":{"maxAttempts":1,"codes":[7,"1-5"]}},"fatalExitCodes":["5-6"]}""", "retry.on.exit.codes[1]")]
    [InlineData("""{"onNodeLost":false,"on":{"node-lost":{"maxAttempts":2}}}""", "retry.on.node-lost")]
    [InlineData("""{"on":{"node-lost":{"maxAttempts":2}},"onNodeLost":false}""", "retry.on.node-lost")]
    [InlineData("""{"on":{"out-of-memory":{"maxAttempts":2,"memoryFactor":2}}}""", "retry.on.out-of-memory.memoryMax")]
    [InlineData("""{"on":{"out-of-memory":{"maxAttempts":2,"memoryMax":2000}}}""", "retry.on.out-of-memory.memoryFactor")]
    [InlineData("""{"on":{"out-of-memory":{"maxAttempts":2,"memoryFactor":0.5,"memoryMax":2000}}}""", "retry.on.out-of-memory.memoryFactor")]
    [InlineData("""{"on":{"out-of-memory":{"maxAttempts":2,"memoryFactor":17,"memoryMax":2000}}}""", "retry.on.out-of-memory.memoryFactor")]
    [InlineData("""{"on":{"out-of-memory":{"maxAttempts":2,"memoryFactor":2,"memoryMax":999}}}""", "retry.on.out-of-memory.memoryMax")]
    [InlineData("""{"On":{}}""", "retry.On")]
    public void Read_WhatIsNotAllowed_IsNamedByItsPath(string retry, string path)
    {
        Assert.Equal(path, Reading.Invalid($$$"""{"cmd":"x","limits":{"memoryBytes":1000},"retry":{{{retry}}}}""").Path);
        Assert.Equal(path, Reading.Invalid($$$"""{"retry":{{{retry}}},"cmd":"x","limits":{"memoryBytes":1000}}""").Path);
    }

    [Theory]
    [InlineData("""{"on":{"time-out":{"maxAttempts":1}}}""", "'timeout'")]
    [InlineData("""{"on":{"exit":{"maxAttempts":1,"code":[1]}}}""", "'codes'")]
    [InlineData("""{"fatalExitCode":[1]}""", "'fatalExitCodes'")]
    public void Read_UnknownName_SaysWhichMayBeMeant(string retry, string near) =>
        Assert.Contains(near, Reading.Invalid($$$"""{"cmd":"x","retry":{{{retry}}}}""").Message, StringComparison.Ordinal);

    [Fact]
    public void Read_GrowthWithoutALimit_IsRefused()
    {
        const string Retry = """{"on":{"out-of-memory":{"maxAttempts":2,"memoryFactor":2,"memoryMax":2000}}}""";
        Assert.Equal("retry.on.out-of-memory.memoryFactor", Reading.Invalid($$$"""{"cmd":"x","retry":{{{Retry}}}}""").Path);
        var errors = new SpecErrors();
        JobSpecReader.Read(
            global::System.Text.Encoding.UTF8.GetBytes($$$"""{"source":{"range":{"from":0,"to":9}},"process":{"builtin":"square"},"retry":{{{Retry}}}}"""),
            errors);
        var error = Assert.Single(errors.Items);
        Assert.Equal("retry.on.out-of-memory.memoryFactor", error.Path);
        Assert.DoesNotContain("limits.memoryBytes", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_MoreThan32Codes_IsRefused()
    {
        var codes = string.Join(',', Enumerable.Range(1, 33));
        Assert.Equal("retry.fatalExitCodes", Reading.Invalid($$$"""{"cmd":"x","retry":{"fatalExitCodes":[{{{codes}}}]}}""").Path);
        Reading.Valid($$$"""{"cmd":"x","retry":{"fatalExitCodes":[{{{codes[..codes.LastIndexOf(',')]}}}]}}""");
    }

    [Fact]
    public void ReadStored_WhatTheRulesRefuseNow_IsReadAllTheSame()
    {
        var spec = TaskSpecReader.ReadStored(
            """{"cmd":"x","retry":{"onNodeLost":false,"fatalExitCodes":[0,3],"on":{"node-lost":{"maxAttempts":300},"later":{"a":1}}}}"""u8, default);
        Assert.Equal(100, spec.Retry.Rules!.BudgetOf(FailureCause.NodeLost));
        Assert.Equal("3", spec.Retry.Rules.FatalExitCodes.ToString());
    }
}
