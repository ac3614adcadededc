using System.Globalization;
using System.Text.Json;

namespace Fabrique.Runner;

/// <summary>
/// Follows the messages of the test program (xunit.v3, -reporter json): a line per class when it is through, each failure at once.
/// </summary>
internal sealed class TestResults(TextWriter output)
{
    private readonly Dictionary<string, string> _names = [];
    private readonly HashSet<string> _running = [];

    /// <summary>Tests that have begun and not ended.</summary>
    public IEnumerable<string> Running => _running.Select(test => _names[test]);

    /// <returns>Whether something began or ended.</returns>
    public bool Take(string line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                Say(document.RootElement);
                // That one takes long is no news.
                return !line.Contains("diagnostic-message", StringComparison.Ordinal);
            }
        }
        catch (JsonException)
        {
            // What the services under test say, or a message into which they said it.
        }
        return false;
    }

    private void Say(JsonElement message)
    {
        string Text(string name) => message.TryGetProperty(name, out var value) ? value.ToString() : "";
        switch (Text("$type"))
        {
            case "test-starting":
                _names[Text("TestUniqueID")] = Text("TestDisplayName");
                _running.Add(Text("TestUniqueID"));
                break;
            case "test-finished":
                _running.Remove(Text("TestUniqueID"));
                break;
            case "test-class-starting":
                _names[Text("TestClassUniqueID")] = Text("TestClassSimpleName");
                break;
            case "test-skipped":
                output.WriteLine($"   skipped  {_names.GetValueOrDefault(Text("TestUniqueID"))}: {Text("Reason")}");
                break;
            case "test-failed"
            or "error"
            or "test-cleanup-failure"
            or "test-class-cleanup-failure"
            or "test-collection-cleanup-failure"
            or "test-assembly-cleanup-failure":
                var about = _names.GetValueOrDefault(Text("TestUniqueID")) ?? _names.GetValueOrDefault(Text("TestClassUniqueID"));
                output.WriteLine($"   FAILED   {about}\n{Indented(message, "Messages")}{Indented(message, "StackTraces")}");
                break;
            case "test-class-finished":
                var seconds = decimal.Parse(Text("ExecutionTime"), CultureInfo.InvariantCulture);
                output.WriteLine(
                    $"   {_names.GetValueOrDefault(Text("TestClassUniqueID")), -40} {Text("TestsTotal"), 4} tests, {Text("TestsFailed")} failed, {seconds:0.0} s"
                );
                break;
            case "diagnostic-message" when Text("Message").Contains("Long Running", StringComparison.OrdinalIgnoreCase):
                output.WriteLine($"   {Text("Message")}");
                break;
        }
    }

    private static string Indented(JsonElement message, string name) =>
        message.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array
            ? string.Concat(
                list.EnumerateArray().SelectMany(text => text.ToString().Split('\n')).Select(text => $"            {text.TrimEnd()}\n")
            )
            : "";
}
