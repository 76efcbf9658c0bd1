using OrleansTasks.Access;
using OrleansTasks.Client.Http;

namespace OrleansTasks.Client.Access;

/// <summary>Who makes a request, as a request feature: set when it came with a valid key or session.</summary>
/// <param name="Key">The key.</param>
public sealed record Caller(KeyRecord Key) : ICallerFeature
{
    /// <inheritdoc />
    public string KeyId => Key.Id;

    /// <inheritdoc />
    public string KeyName => Key.Name;
}
