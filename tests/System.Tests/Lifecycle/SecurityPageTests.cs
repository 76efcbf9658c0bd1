using System.Text.RegularExpressions;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Lifecycle;

/// <summary>docs/security.md names the tests that show what it says: they must be there.</summary>
public sealed partial class SecurityPageTests
{
    [Fact]
    public async Task Page_TestsThatItNames_Exist()
    {
        var page = await File.ReadAllTextAsync(Path.Combine(BuiltPrograms.Repository, "docs", "security.md"), TestContext.Current.CancellationToken);
        var sources = Directory.GetFiles(Path.Combine(BuiltPrograms.Repository, "tests"), "*.cs", SearchOption.AllDirectories)
            .Select(File.ReadAllText).ToArray();
        var named = TestName().Matches(page).Select(static match => (Class: match.Groups[1].Value, Method: match.Groups[2].Value)).Distinct().ToArray();

        Assert.True(named.Length > 20, $"Only {named.Length} tests are named.");
        Assert.All(named, test => Assert.Contains(sources, source =>
            source.Contains($"class {test.Class}", StringComparison.Ordinal)
            && (test.Method.Length == 0 || source.Contains($" {test.Method}(", StringComparison.Ordinal))));
    }

    [GeneratedRegex(@"`(\w+Tests)(?:\.(\w+))?`")]
    private static partial Regex TestName();
}
