using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;

namespace OrleansTasks.Grains.Tests.Contracts;

/// <summary>Programs of different versions exchange a message to which the later one has added members at the end.</summary>
public sealed class LaterMemberTests : IDisposable
{
    private readonly ServiceProvider services = new ServiceCollection().AddSerializer().BuildServiceProvider();

    public void Dispose() => services.Dispose();

    [Fact]
    public void Message_OfALaterVersion_IsReadWithoutTheMembersThatItAdds()
    {
        var sent = Bytes(new Later(7, "a", new Part("p"), [1, 2], "b"));
        Assert.Equal(new Earlier(7, "a"), services.GetRequiredService<Serializer<Earlier>>().Deserialize(sent));
    }

    [Fact]
    public void Message_OfAnEarlierVersion_IsReadWithDefaults()
    {
        var read = services.GetRequiredService<Serializer<Later>>().Deserialize(Bytes(new Earlier(7, "a")));
        // An array that was not sent is the default one, not an empty one.
        Assert.True(read is { Number: 7, Text: "a", Part: null, More: null, Numbers.IsDefault: true }, read.ToString());
    }

    private byte[] Bytes<T>(T message) => services.GetRequiredService<Serializer<T>>().SerializeToArray(message);
}

[GenerateSerializer, Immutable, Alias("test.Earlier")]
internal sealed record Earlier([property: Id(0)] int Number, [property: Id(1)] string Text);

[GenerateSerializer, Immutable, Alias("test.Later")]
internal sealed record Later(
    [property: Id(0)] int Number, [property: Id(1)] string Text, [property: Id(2)] Part? Part,
    [property: Id(3)] ImmutableArray<long> Numbers, [property: Id(4)] string? More);

[GenerateSerializer, Immutable, Alias("test.Part")]
internal sealed record Part([property: Id(0)] string Name);
