namespace OrleansTasks.System.Tests.CommandLine;

public sealed class NumberOptionTests
{
    [Theory]
    [InlineData("--memory-bytes", "x", "a whole number", "submit", "true")]
    [InlineData("--max-output-bytes", "16M", "a whole number", "submit", "true")]
    [InlineData("--priority", "1.5", "a whole number", "submit", "true")]
    [InlineData("--max-attempts", "", "a whole number", "submit", "true")]
    [InlineData("--processes", "1e3", "a whole number", "submit", "true")]
    [InlineData("--open-files", "9223372036854775808", "a whole number up to 9223372036854775807", "submit", "true")]
    [InlineData("--limit", "all", "a whole number", "list")]
    [InlineData("-n", "all", "a whole number", "job", "list")]
    [InlineData("-n", "all", "a whole number", "audit")]
    [InlineData("-n", "all", "a whole number", "schedule", "occurrences", "s")]
    [InlineData("-n", "all", "a whole number", "workflow", "list")]
    [InlineData("-n", "all", "a whole number", "rollout", "list")]
    [InlineData("--chunk-size", "x", "a whole number", "job", "run")]
    [InlineData("--max-errors", "x", "a whole number", "job", "run")]
    [InlineData("--max-attempts", "x", "a whole number", "job", "run")]
    [InlineData("--pace", "fast", "a number, such as 2.5", "job", "run")]
    [InlineData("--pace", "NaN", "a number, such as 2.5", "job", "run")]
    public async Task Number_IsInvalid_NamesTheOptionAndWhatIsExpected(string option, string value, string expected, params string[] command)
    {
        await using var errors = new StringWriter();

        var code = await new global::OrleansTasks.Cli.CommandLine(TextWriter.Null, errors).Run([.. command, option, value]);

        Assert.Equal(2, code);
        var name = option == "-n" ? "--limit" : option;
        Assert.StartsWith($"otask: Invalid value '{value}' for {name}: expected {expected}.\nTry: otask ", errors.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Argument_IsInvalid_NamesWhatIsExpected()
    {
        await using var errors = new StringWriter();

        var code = await new global::OrleansTasks.Cli.CommandLine(TextWriter.Null, errors).Run(["webhook", "resend", "a", "b"]);

        Assert.Equal(2, code);
        Assert.StartsWith("otask: Invalid value 'b' for N: expected a whole number.\nTry: otask webhook resend --help", errors.ToString(), StringComparison.Ordinal);
    }
}
