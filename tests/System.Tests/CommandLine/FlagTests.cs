using System.CommandLine;

namespace OrleansTasks.System.Tests.CommandLine;

/// <summary>A flag takes no value. Otherwise <c>--wait=false true</c> would run the command <c>false true</c>.</summary>
public sealed class FlagTests
{
    public static TheoryData<string> Commands => OtaskTree.Names();

    [Theory]
    [MemberData(nameof(Commands))]
    public void Flag_WithAValue_IsAMistake(string command)
    {
        var program = OtaskTree.Program();
        var flags = OtaskTree.OptionsOf(OtaskTree.Of(command)).Where(static option => option.Arity.MaximumNumberOfValues == 0);
        foreach (var name in flags.SelectMany(static option => option.Aliases.Prepend(option.Name)))
        {
            foreach (var value in (string[])["=false", "=true", ":x", "="])
                Assert.Contains($"{name} takes no value: give it alone, or leave it out.", program.MistakesIn([.. command.Split(' '), name + value]));
            Assert.DoesNotContain(program.MistakesIn([.. command.Split(' '), name]), static fault => fault.Contains("takes no value", StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("submit", "--wait=false", "true")]
    [InlineData("run", "--quiet=false", "true")]
    [InlineData("cancel", "--yes=false", "0199aa00-0000-7000-8000-000000000001")]
    public async Task Flag_WithAValue_DoesNothing(params string[] line)
    {
        await using var gateway = await StubGateway.Start();

        var ended = await gateway.Otask(line);

        Assert.Equal((2, ""), (ended.ExitCode, ended.Output));
        Assert.StartsWith($"otask: {line[1].Split('=')[0]} takes no value", ended.Errors, StringComparison.Ordinal);
        Assert.Empty(gateway.Asked);
    }

    [Fact]
    public void Word_OfTheTasksCommand_MayLookLikeIt() =>
        Assert.Empty(OtaskTree.Program().MistakesIn(["run", "--", "prog", "--quiet=false"]));

    // An option remembers every command that it was added to. If programs shared it, each new one would be slower.
    [Fact]
    public void Symbols_OfTwoPrograms_AreNotTheSame()
    {
        var first = Symbols(OtaskTree.Program().Root).ToHashSet();

        Assert.NotEmpty(first);
        Assert.DoesNotContain(Symbols(OtaskTree.Program().Root), first.Contains);
    }

    private static IEnumerable<Symbol> Symbols(Command command) =>
        [command, .. command.Options, .. command.Arguments, .. command.Subcommands.SelectMany(Symbols)];
}
