namespace OrleansTasks.Client.Http;

/// <summary>The caller, as a feature of the request; absent if no key is needed and none was given.</summary>
public interface ICallerFeature
{
    /// <summary>The id of the API key or, for a session, of the key that began it.</summary>
    string KeyId { get; }

    /// <summary>The human-readable name of that key; may be empty.</summary>
    string KeyName { get; }
}
