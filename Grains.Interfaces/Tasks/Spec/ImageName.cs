using System.Text.RegularExpressions;

namespace OrleansTasks.Tasks.Spec;

/// <summary>The names of images and of users in containers that a task may give.</summary>
public static partial class ImageName
{
    private const int Longest = 512;

    // Container engines read these words before a colon as a transport. With a path, such an image is a file of the
    // machine.
    private static readonly string[] Transports =
    [
        "containers-storage", "dir", "docker", "docker-archive", "docker-daemon", "oci", "oci-archive", "ostree", "sif",
        "tarball",
    ];

    /// <summary>
    /// Whether a text is the name of an image: <c>[HOST[:PORT]/]PATH[:TAG][@sha256:DIGEST]</c>. Such a name is neither
    /// an option of an engine nor a file of the machine.
    /// </summary>
    public static bool IsValid(string text) =>
        text.Length <= Longest && Reference().IsMatch(text) && !Transports.Contains(text.Split(':', '@')[0]);

    /// <summary>Whether a text is a user of a container: a name or number, and perhaps a group after a colon.</summary>
    public static bool IsUser(string text) => User().IsMatch(text);

    [GeneratedRegex(
        @"\A(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]{1,5})?/)?"
            + @"[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*"
            + @"(?::[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?(?:@sha256:[0-9a-f]{64})?\z",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Reference();

    [GeneratedRegex(
        @"\A[A-Za-z0-9_][A-Za-z0-9._-]{0,63}(?::[A-Za-z0-9_][A-Za-z0-9._-]{0,63})?\z", RegexOptions.CultureInvariant)]
    private static partial Regex User();
}
