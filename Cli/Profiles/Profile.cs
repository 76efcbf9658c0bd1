namespace OrleansTasks.Cli.Profiles;

/// <summary>A profile: a gateway under a name that the user chose.</summary>
internal sealed record Profile
{
    /// <summary>The gateway's address.</summary>
    public string? Url { get; init; }

    /// <summary>The key to call it with, in plain text in the file.</summary>
    public string? Key { get; init; }

    /// <summary>
    /// A shell command that prints the key, such as a password manager's; used if there is no <see cref="Key"/>.
    /// </summary>
    public string? KeyCommand { get; init; }

    /// <summary>
    /// When to confirm changes of many tasks. Null: always, so without a terminal they need <c>--yes</c>.
    /// <c>terminal</c>: in a terminal only.
    /// </summary>
    public string? Confirm { get; init; }
}
