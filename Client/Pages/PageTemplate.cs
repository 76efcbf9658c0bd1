using System.Security.Cryptography;
using System.Text;

namespace OrleansTasks.Client.Pages;

/// <summary>
/// The HTML file around the content of every plain page, with its own style and script. The Content-Security-Policy
/// allows only these two, by their hashes.
/// </summary>
internal sealed class PageTemplate
{
    private const string Resource = "OrleansTasks.Client.Pages.home.html";
    private const string Slot = "<!--content-->";

    private readonly string before;
    private readonly string after;

    private PageTemplate(string html)
    {
        var slot = html.IndexOf(Slot, StringComparison.Ordinal);
        before = html[..slot];
        after = html[(slot + Slot.Length)..];
        Policy = $"default-src 'none'; style-src '{HashOf(html, "style")}'; script-src '{HashOf(html, "script")}'; connect-src 'self'; "
            + "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    }

    /// <summary>The built-in file.</summary>
    public static PageTemplate Built { get; } = Load();

    /// <summary>The page's Content-Security-Policy.</summary>
    public string Policy { get; }

    /// <summary>Returns the page with the given content, which must be HTML.</summary>
    public string Around(string content) => before + content + after;

    private static PageTemplate Load()
    {
        using var stream = typeof(PageTemplate).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"The resource {Resource} is not built in.");
        using var reader = new StreamReader(stream);
        return new PageTemplate(reader.ReadToEnd());
    }

    private static string HashOf(string html, string element)
    {
        var start = html.IndexOf($"<{element}>", StringComparison.Ordinal) + element.Length + 2;
        var end = html.IndexOf($"</{element}>", start, StringComparison.Ordinal);
        return "sha256-" + Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(html[start..end])));
    }
}
