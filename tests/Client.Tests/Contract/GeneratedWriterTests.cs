using System.Reflection;
using System.Text.Json.Serialization;
using OrleansTasks.Client.Contract;

namespace OrleansTasks.Client.Tests.Contract;

/// <summary>System.Text.Json writes answers with the code that it generated.</summary>
public sealed class GeneratedWriterTests
{
    [Fact]
    public void Answers_HaveGeneratedWriters()
    {
        // One converter in the options, and none of the generated writers is used.
        Assert.Empty(ContractJson.Default.Options.Converters);
        var without = Answers().Where(static answer => Writer(answer) is null).Select(static answer => answer.Name);
        Assert.Equal([], without);
    }

    // The readers of bodies are not System.Text.Json's, and nothing writes a body but its example.
    private static IEnumerable<Type> Answers() => typeof(ContractJson).GetCustomAttributesData()
        .Where(static attribute => attribute.AttributeType == typeof(JsonSerializableAttribute))
        .Select(static attribute => (Type)attribute.ConstructorArguments[0].Value!)
        .Where(static type =>
            ContractJson.Default.GetTypeInfo(type)!.UnmappedMemberHandling != JsonUnmappedMemberHandling.Disallow);

    private static object? Writer(Type answer)
    {
        var info = ContractJson.Default.GetTypeInfo(answer)!;
        return info.GetType().GetProperty("SerializeHandler", BindingFlags.Instance | BindingFlags.Public)!
            .GetValue(info);
    }
}
