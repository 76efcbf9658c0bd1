using System.Diagnostics;

namespace OrleansTasks.Client.Tests.Layout;

/// <summary>
/// The mutations of the laboratory, which run seldom, fit the code, so that a change mends the patches that it breaks.
/// </summary>
public sealed class MutationPatchTests
{
    public static TheoryData<string> Patches =>
        [.. Directory.EnumerateFiles(Path.Combine(SourceLayoutTests.Root(), "lab", "mutations"), "*.patch").Order()];

    [Theory]
    [MemberData(nameof(Patches))]
    public async Task Patch_AppliesToTheCode(string patch)
    {
        var start = new ProcessStartInfo("git", ["apply", "--check", patch])
        {
            WorkingDirectory = SourceLayoutTests.Root(),
            RedirectStandardError = true,
        };
        using var git = Process.Start(start)!;
        var errors = await git.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await git.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.True(git.ExitCode == 0, errors);
    }
}
