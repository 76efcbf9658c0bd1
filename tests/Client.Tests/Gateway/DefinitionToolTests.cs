using OrleansTasks.Client.Mcp;

namespace OrleansTasks.Client.Tests.Gateway;

/// <summary>The names of tools that run definitions.</summary>
public sealed class DefinitionToolTests
{
    private static readonly string Long = new('x', 60);

    [Fact]
    public void NameOf_ANameThatFits_KeepsIt()
    {
        Assert.Equal("run_backup", DefinitionTool.NameOf("backup"));
        Assert.Equal("run_a_b-1", DefinitionTool.NameOf("a_b-1"));
        Assert.Equal($"run_{Long}", DefinitionTool.NameOf(Long));
    }

    [Fact]
    public void NameOf_ANameThatIsChangedOrCut_EndsWithTheBeginningOfItsHash()
    {
        Assert.Equal("run_etl_load-day_5348842a", DefinitionTool.NameOf("etl/load-day"));
        Assert.Equal("run_etl_load-day_e21acf01", DefinitionTool.NameOf("etl.load-day"));
        Assert.Equal($"run_{Long[..51]}_c508e75f", DefinitionTool.NameOf($"{Long}x"));
    }

    [Fact]
    public void NameOf_NamesThatLookAlike_AreDifferentTools_OfAtMost64Characters()
    {
        string[] definitions =
        [
            "etl/load-day", "etl.load-day", "etl_load-day", "etl_load-day_5348842a", "run_etl_load-day_5348842a",
            .. Enumerable.Range(Long.Length, 69).Select(static length => new string('x', length)),
            $"{Long[..51]}_c508e75f",
        ];

        var tools = definitions.Select(DefinitionTool.NameOf).ToArray();

        Assert.Equal(tools.Length, tools.Distinct(StringComparer.Ordinal).Count());
        Assert.All(tools, static tool => Assert.Matches("^[a-z0-9_-]{1,64}$", tool));
    }
}
