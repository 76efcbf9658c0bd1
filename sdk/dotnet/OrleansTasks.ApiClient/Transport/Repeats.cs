namespace OrleansTasks.ApiClient.Transport;

/// <summary>Says after which failures a request may be sent again.</summary>
internal enum Repeats
{
    /// <summary>Never: the body can be read only once.</summary>
    Never,

    /// <summary>After an answer that says that nothing was accepted: 429 and 503.</summary>
    IfRefused,

    /// <summary>
    /// After any temporary failure, a lost connection included: the request changes nothing, or has the same effect
    /// when it is repeated.
    /// </summary>
    Always,
}
