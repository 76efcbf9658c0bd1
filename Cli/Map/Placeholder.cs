using System.Globalization;

namespace OrleansTasks.Cli.Map;

/// <summary>What a placeholder shows of an argument.</summary>
internal enum PlaceholderForm
{
    /// <summary><c>{}</c>: all of it.</summary>
    Whole,

    /// <summary><c>{.}</c>: without the extension.</summary>
    WithoutExtension,

    /// <summary><c>{/}</c>: the last part of the path.</summary>
    Name,

    /// <summary><c>{//}</c>: the folder.</summary>
    Folder,

    /// <summary><c>{/.}</c>: the last part of the path without the extension.</summary>
    NameWithoutExtension,

    /// <summary><c>{#}</c>: the number of the task, from 1.</summary>
    Number,
}

/// <summary>A placeholder in a command.</summary>
/// <param name="Form">What it shows.</param>
/// <param name="Position">
/// Which argument it shows: from 1, or from -1 for the last one; null for all arguments with spaces between them.
/// </param>
internal readonly record struct Placeholder(PlaceholderForm Form, int? Position)
{
    /// <summary>Reads the text between the braces; null if it is not a placeholder.</summary>
    public static Placeholder? Read(ReadOnlySpan<char> text)
    {
        if (text is "#")
            return new Placeholder(PlaceholderForm.Number, null);
        var digits = 0;
        while (digits < text.Length && (char.IsAsciiDigit(text[digits]) || (digits == 0 && text[0] == '-')))
            digits++;
        int? position = null;
        if (digits > 0)
        {
            if (!int.TryParse(text[..digits], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
                || number == 0)
                return null;
            position = number;
        }

        PlaceholderForm? form = text[digits..] switch
        {
            "" => PlaceholderForm.Whole,
            "." => PlaceholderForm.WithoutExtension,
            "/" => PlaceholderForm.Name,
            "//" => PlaceholderForm.Folder,
            "/." => PlaceholderForm.NameWithoutExtension,
            _ => null,
        };
        return form is { } known ? new Placeholder(known, position) : null;
    }

    /// <summary>Returns the value, quoted; empty if there is no argument at its position.</summary>
    /// <param name="arguments">The arguments of the task as <see cref="ByteText"/>.</param>
    /// <param name="number">The number of the task.</param>
    /// <param name="quote">Quotes a value.</param>
    public string Show(IReadOnlyList<string> arguments, long number, Func<string, string> quote)
    {
        if (Form == PlaceholderForm.Number)
            return number.ToString(CultureInfo.InvariantCulture);
        if (Position is not { } position)
            {
            var form = Form;
            return string.Join(' ', arguments.Select(argument => quote(Of(form, argument))));
        }

        var at = position > 0 ? position - 1 : arguments.Count + position;
        return at >= 0 && at < arguments.Count ? quote(Of(Form, arguments[at])) : "";
    }

    private static string Of(PlaceholderForm form, string argument) => form switch
    {
        PlaceholderForm.WithoutExtension => PathParts.WithoutExtension(argument),
        PlaceholderForm.Name => PathParts.NameOf(argument),
        PlaceholderForm.Folder => PathParts.FolderOf(argument),
        PlaceholderForm.NameWithoutExtension => PathParts.WithoutExtension(PathParts.NameOf(argument)),
        _ => argument,
    };
}
