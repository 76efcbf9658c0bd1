namespace OrleansTasks.Cli.Profiles;

/// <summary>A gateway with a name of one's own.</summary>
internal sealed record Profile
{
    /// <summary>Its address.</summary>
    public string? Url { get; init; }

    /// <summary>The key to call it with; kept in the file as it is.</summary>
    public string? Key { get; init; }

    /// <summary>
    /// A line for <c>/bin/sh</c> that prints the key, such as a password manager's; used when there is no
    /// <see cref="Key"/>.
    /// </summary>
    public string? KeyCommand { get; init; }

    /// <summary>
    /// <c>always</c>: what changes many tasks is confirmed, with <c>--yes</c> where nobody can be asked. Null: in a
    /// terminal only.
    /// </summary>
    public string? Confirm { get; init; }
}
