using OrleansTasks.Cli;
using OrleansTasks.Cli.Profiles;

namespace OrleansTasks.System.Tests.CommandLine;

/// <summary>The command of a profile that prints its key.</summary>
public sealed class KeyProgramTests
{
    [Fact]
    public void Ask_CommandPrintsLines_IsTheFirst() => Assert.Equal("otk_a", KeyProgram.Ask("echo ' otk_a '; echo otk_b"));

    [Theory]
    [InlineData("echo otk_half; exit 3", "exit code 3")]
    [InlineData("exit 1", "exit code 1")]
    [InlineData("true", "did not print a key")]
    [InlineData("echo; echo otk_b", "did not print a key")]
    public void Ask_CommandFails_IsNoKey(string line, string fault) =>
        Assert.Contains(fault, Assert.Throws<UsageException>(() => KeyProgram.Ask(line)).Message, StringComparison.Ordinal);
}
