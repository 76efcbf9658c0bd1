namespace OrleansTasks.Cli.Import;

/// <summary>
/// A unit file of systemd: settings in sections, in order. An empty value removes the earlier ones of its name.
/// </summary>
internal sealed class UnitFile
{
    private readonly List<(string Section, string Name, string Value)> settings = [];

    private UnitFile()
    {
    }

    /// <summary>The settings, without those that a later line has removed.</summary>
    public IReadOnlyList<(string Section, string Name, string Value)> Settings => settings;

    /// <summary>Reads a unit file. Throws <see cref="FormatException"/>, whose message has the line number.</summary>
    public static UnitFile Parse(string text)
    {
        var unit = new UnitFile();
        var section = "";
        var lines = text.ReplaceLineEndings("\n").Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            var number = i + 1;
            var line = lines[i].Trim();
            if (line is "" or ['#' or ';', ..])
                continue;
            // Comments may stand between the lines of one setting.
            while (line.EndsWith('\\') && i + 1 < lines.Length)
            {
                var next = lines[++i].Trim();
                if (next is not ['#' or ';', ..])
                    line = $"{line[..^1].TrimEnd()} {next}";
            }

            if (line.Any(char.IsControl))
                throw new FormatException($"line {number} has a control character");
            if (line is ['[', .., ']'])
                section = line[1..^1];
            else if (line.IndexOf('=', StringComparison.Ordinal) is > 0 and var at && section.Length > 0)
                unit.Set(section, line[..at].TrimEnd(), line[(at + 1)..].TrimStart());
            else
                throw new FormatException($"line {number} is neither a section nor a setting");
        }

        return unit;
    }

    /// <summary>Returns the values of a setting in order.</summary>
    public IReadOnlyList<string> All(string section, string name) =>
        [.. settings.Where(one => one.Section == section && one.Name == name).Select(static one => one.Value)];

    /// <summary>Returns the last value of a setting; null for none.</summary>
    public string? Last(string section, string name) => All(section, name) is [.., var last] ? last : null;

    private void Set(string section, string name, string value)
    {
        if (value.Length == 0)
            settings.RemoveAll(one => one.Section == section && one.Name == name);
        else
            settings.Add((section, name, value));
    }
}
