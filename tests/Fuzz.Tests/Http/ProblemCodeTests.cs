using System.Globalization;
using System.Text.RegularExpressions;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.Fuzz.Tests.Http;

/// <summary>A list of codes that lacks one makes a finding of a proper answer, in a campaign hours later.</summary>
public sealed partial class ProblemCodeTests
{
    [Fact]
    public async Task EveryProblemOfTheService_IsKnownToTheRules()
    {
        var source = Path.Combine(BuiltPrograms.Repository, "Client", "Http", "Problems.cs");
        var text = await File.ReadAllTextAsync(source, TestContext.Current.CancellationToken);
        // A 500 is a finding, whatever its code.
        var problems = Problem().Matches(text)
            .Select(static match => (
                Status: int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture), Code: match.Groups[2].Value))
            .Where(static problem => problem.Status != 500).ToArray();

        Assert.True(problems.Length > 50, $"Only {problems.Length} problems were found in {source}.");
        Assert.DoesNotContain(problems, static problem => !AnswerRules.IsKnown(problem.Status, problem.Code));
    }

    [GeneratedRegex(@"\b(\d{3}),\s*""([a-z-]+)""")]
    private static partial Regex Problem();
}
