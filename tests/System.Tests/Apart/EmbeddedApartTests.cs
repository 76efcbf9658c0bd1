using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Apart;

/// <summary>Engine Embedded has silo and gateway in one process only, and says so.</summary>
public sealed class EmbeddedApartTests : DataFolders
{
    [Theory]
    [InlineData("silo")]
    [InlineData("gateway")]
    [InlineData("cluster")]
    public async Task Make_OnEmbedded_EndsWithTwoAndSaysWhy(string target)
    {
        var ended = await Finished.Run("make", [.. BuiltPrograms.MakeAsBuilt, target], []);
        Assert.Equal(2, ended.ExitCode);
        Assert.Contains($"make {target}: engine Embedded", ended.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--silo-only", "--data", "DATA", "--listen", "127.0.0.1:0", "--grpc", "127.0.0.1:0")]
    [InlineData("--gateway-only", "--silo", "127.0.0.1:30000", "--http", "127.0.0.1:0")]
    public async Task Program_OnEmbedded_EndsWithTwoAndSaysWhy(params string[] arguments)
    {
        var ended = await Finished.Run(BuiltPrograms.Client, [.. arguments.Select(text => text == "DATA" ? Data : text)]);
        Assert.Equal(2, ended.ExitCode);
        Assert.Contains("engine Embedded runs silo and gateway in one process only", ended.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", ended.Errors, StringComparison.Ordinal);
    }
}
