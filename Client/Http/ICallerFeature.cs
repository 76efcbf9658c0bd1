namespace OrleansTasks.Client.Http;

/// <summary>Who calls, as a feature of the request; absent where no key is needed and none was given.</summary>
public interface ICallerFeature
{
    /// <summary>The id of the API key, or of the key that the session was made with.</summary>
    string KeyId { get; }

    /// <summary>The name of that key, for people; may be empty.</summary>
    string KeyName { get; }
}
