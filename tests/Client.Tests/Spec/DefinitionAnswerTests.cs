using System.Text;
using OrleansTasks.Client.Definitions;
using OrleansTasks.Definitions;

namespace OrleansTasks.Client.Tests.Spec;

/// <summary>What a definition shows of the body that is stored.</summary>
public sealed class DefinitionAnswerTests
{
    [Fact]
    public void Of_ABodyThatWasStoredWithNulls_ShowsNoneOfItsParameters()
    {
        const string Stored = """
            {"parameters":[{"name":"x","type":null,"default":null}],"job":{"source":{"items":[null,{"a":null}]}}}
            """;

        var answer = DefinitionAnswer.Of(
            new DefinitionView("d", 1, DefinitionKind.Job, Encoding.UTF8.GetBytes(Stored), 1));

        Assert.Equal("""[{"name":"x"}]""", Encoding.UTF8.GetString(answer.Parameters.Utf8.Span));
        Assert.Equal("""{"source":{"items":[null,{"a":null}]}}""", Encoding.UTF8.GetString(answer.Job!.Value.Utf8.Span));
    }
}
