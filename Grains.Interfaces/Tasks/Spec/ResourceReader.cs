using System.Text.Json;
using OrleansTasks.Processing.Resources;
using OrleansTasks.Resources;

namespace OrleansTasks.Tasks.Spec;

/// <summary>Reads the field <c>resources</c> of a task's spec: an object of names and amounts.</summary>
internal static class ResourceReader
{
    private const string Path = "resources";

    /// <summary>Reads the value at which the reader is positioned and adds each fault to the reader's errors.</summary>
    public static ResourceVector Read(ref StrictReader reader)
    {
        if (!reader.IsObject(Path))
            return ResourceVector.None;
        var amounts = new List<ResourceAmount>();
        var seen = default(SeenFields);
        while (reader.NextEntry(ref seen, out var name))
        {
            var path = StrictReader.Join(Path, StrictReader.Quote(name));
            if (!ResourceName.IsValid(name))
            {
                reader.Errors.AddRule(path, $"is not the name of a resource: it must match {ResourceName.Form}");
                reader.Skip();
            }
            else if (ReadAmount(ref reader, path, name) is { } amount)
                amounts.Add(new ResourceAmount(name, amount));
        }

        if (amounts.Count > ResourceName.Most)
            reader.Errors.AddRule(Path, $"has {amounts.Count} resources; at most {ResourceName.Most} are allowed");
        return ResourceVector.Of(amounts);
    }

    private static long? ReadAmount(ref StrictReader reader, string path, string name)
    {
        if (name == ResourceName.Cpu)
        {
            if (reader.Number(path, 0, double.MaxValue) is not { } cores)
                return null;
            if (ResourceForms.TryOfCores(cores, out var thousandths))
                return thousandths;
        }
        else if (name == ResourceName.Memory && reader.Token == JsonTokenType.String)
        {
            if (ResourceForms.TryParse(name, reader.String(path)!, out var bytes))
                return bytes;
        }
        else
            return reader.Integer(path, 1, ResourceForms.MostOf(name));

        reader.Errors.Add(path, $"must be {ResourceForms.FormOf(name)}");
        return null;
    }
}
