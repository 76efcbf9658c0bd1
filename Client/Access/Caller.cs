using OrleansTasks.Access;
using OrleansTasks.Client.Http;

namespace OrleansTasks.Client.Access;

/// <summary>The caller of a request, as a request feature. Set if the request has a valid key or session.</summary>
/// <param name="Key">The caller's key.</param>
public sealed record Caller(KeyRecord Key) : ICallerFeature
{
    /// <inheritdoc />
    public string KeyId => Key.Id;

    /// <inheritdoc />
    public string KeyName => Key.Name;
}
