using System.Text.RegularExpressions;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.CommandLine;

/// <summary>docs/commands.md, the help of each command and what the parser takes say the same.</summary>
public sealed partial class ManualTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(BuiltPrograms.Repository, "docs/commands.md"));

    public static TheoryData<string> Commands => [.. Headings().Matches(Page).Select(static heading => heading.Groups[1].Value)];

    [Fact]
    public async Task Manual_IsTheCommittedPage()
    {
        var printed = await Otask.Run("manual");
        Assert.Equal(Page, printed.Output);
        Assert.Contains("## otask apply", Page, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Command_PageHelpAndParser_Agree(string command)
    {
        var path = command.Split(' ');
        var section = Page[(Page.IndexOf($"## otask {command}\n", StringComparison.Ordinal) + 3)..].Split("\n## ")[0];
        var help = (await Otask.Run([.. path, "--help"])).Output;
        var flat = Blanks().Replace(help, " ");
        // The page's cells are the help's descriptions, whose first column may have another width.
        foreach (Match row in Rows().Matches(section))
        {
            var (names, text) = (row.Groups[1].Value.Replace("\\|", "|", StringComparison.Ordinal), row.Groups[2].Value);
            Assert.Contains(Blanks().Replace(text.Replace("\\|", "|", StringComparison.Ordinal), " "), flat, StringComparison.Ordinal);
            foreach (Match option in OptionNames().Matches(names))
            {
                Assert.Contains(option.Value, help, StringComparison.Ordinal);
                Assert.DoesNotContain(MistakesOf([.. path, option.Value, "1"]), mistake => IsUnknown(mistake, option.Value));
            }
        }

        Assert.Contains(MistakesOf([.. path, "--no-such-option"]), static mistake => IsUnknown(mistake, "--no-such-option"));
        // The parser shows the default of an option; its description must not do so again.
        Assert.DoesNotMatch(@"\[default: [^]]*\] \[default", help);
    }

    private static IReadOnlyList<string> MistakesOf(string[] arguments) =>
        new global::OrleansTasks.Cli.CommandLine(TextWriter.Null, TextWriter.Null).MistakesIn(arguments);

    private static bool IsUnknown(string mistake, string option) =>
        mistake.Contains(option, StringComparison.Ordinal)
        && (mistake.Contains("Unrecognized", StringComparison.Ordinal) || mistake.Contains("Unknown", StringComparison.Ordinal));

    [GeneratedRegex("^## otask (.+)$", RegexOptions.Multiline)]
    private static partial Regex Headings();

    [GeneratedRegex(@"^\| `([^`]+)` \| (.*) \|$", RegexOptions.Multiline)]
    private static partial Regex Rows();

    [GeneratedRegex(@"(?<![\w-])--?[a-z][a-z-]*")]
    private static partial Regex OptionNames();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
