"""What weather, seasons, places, events and documents look like: the words by which an observation shows them."""

SIGNS = """
rain drizzle shower downpour: umbrella puddle wet drop raindrop drip gutter
rain drizzle shower downpour: soak splash raincoat glisten ring hood boot
snow blizzard: flake white sled sledge snowman shovel ski icicle mitten footprint plough frost blanket drift
sun sunny: shadow sunglasses blue cloudless glare sunlight parasol bright shine squint beam ray shorts
fog mist haze: blur vanish fade outline silhouette grey dissolve haze swallow veil headlight metre
wind windy storm breeze gale: bend flutter flap blow flag sway gust billow hat tumble umbrella leaf hair kite branch
storm thunderstorm: lightning thunder dark bolt flash wind black hail branch roar wave
cloud cloudy overcast: grey sky dull shadow cover dim
ice icy freeze frozen: slip skate frost slide cold glaze crack slippery rink
cold: shiver breath coat scarf glove mitten hat teeth blanket jacket frost wrap steam
hot heat warm: sweat fan shade sun steam shorts glow flame wipe forehead water
winter: snow bare coat scarf ice glove frost sled ski hat mitten boot breath freeze skate white
spring: blossom bloom bud tulip daffodil lamb nest hatch seedling crocus fresh cherry chick melt
summer: sun beach swimsuit shorts sandal sunglasses swim heat ice blossom grass barbecue wheat hay bare parasol
autumn fall: leaf yellow orange red copper rake pumpkin harvest
autumn fall: grape mushroom chestnut stubble migrate plough coat acorn
morning sunrise dawn breakfast: toast cereal alarm bed rise coffee pyjamas
morning sunrise dawn breakfast: yawn brush dew rooster cock east wake newspaper
noon midday: overhead shadow lunch clock twelve short bell
evening sunset dusk: orange sun horizon low dinner glow lamp streetlight set sky red pink silhouette long
night midnight dark: moon star lamp streetlight black sleep headlight neon lantern bed flashlight owl
kitchen: stove oven sink fridge refrigerator pan pot cupboard counter kettle cook dish tap apron knife
bathroom: toilet sink shower towel bathtub mirror toothbrush soap tile tap
bedroom: bed pillow blanket wardrobe lamp sheet nightstand duvet mattress
livingroom lounge: sofa couch television fireplace armchair carpet cushion shelf rug
classroom school: desk blackboard whiteboard chalk teacher student notebook pupil lesson bell backpack uniform
library: shelf book borrow read librarian spine quiet catalogue stack aisle return stamp
hospital clinic ward: bed nurse doctor patient stethoscope drip
hospital clinic ward: gown stretcher bandage monitor white surgeon wheelchair
dentist dental: tooth teeth drill chair mouth mirror lamp gum mask patient
pharmacy pharmacist: pill medicine prescription counter shelf drug white bottle packet
airport: gate runway plane luggage suitcase boarding terminal
airport: jet passenger check conveyor flight pilot tarmac security
station railway platform: train track platform rail coach locomotive timetable ticket whistle passenger conductor
harbor harbour port dock: ship boat crane container mast quay gull anchor mooring pier sail
beach seaside: sand wave sea shell towel parasol umbrella gull swimsuit dune surf water ocean shore palm
sea ocean: wave ship water salt beach gull horizon boat fish surf tide sail
lake pond: water duck shore reed boat jetty swim fish lily swan
river stream: water bank bridge flow current boat fish raft canoe
forest woods jungle: tree trunk moss pine branch leaf path fern undergrowth needle canopy log
mountain hill peak: summit rock climb snow slope ridge valley hike steep rope cliff
desert: sand dune camel cactus dry heat sun barren
farm barn: cow tractor field hay barn pig hen chicken stable goat sheep milk plough farmer
park: bench tree path lawn fountain playground pond duck grass jogger
garden: flower bed lawn hose vegetable spade fence hedge weed plant rose soil watering
playground: swing slide sandpit seesaw climb child sand ladder
zoo: cage enclosure monkey lion elephant giraffe penguin fence visitor keeper
museum gallery: painting statue exhibit sculpture guide visitor frame display glass case dinosaur guard
church cathedral: altar pew priest cross organ candle stained window choir bell steeple bible
restaurant cafe: waiter menu table guest plate tip order chef dish glass cup barista bill napkin
bakery baker: bread loaf dough flour oven roll bun croissant tray apron knead
supermarket shop store grocery: shelf cart trolley checkout cashier basket aisle price till customer counter
market bazaar: stall vendor fruit vegetable crate scale shout awning customer bargain haggle
office: desk computer monitor keyboard printer meeting file phone colleague chair screen laptop
factory plant: machine conveyor belt worker helmet assembly robot weld line overall
warehouse storage: shelf pallet forklift box crate rack cardboard
garage workshop: car tool wrench bench lift oil engine vice saw mechanic tyre
gym: dumbbell weight treadmill barbell mat bench mirror exercise lift sweat
stadium arena: crowd pitch stand field player scoreboard seat fan floodlight goal
theater theatre stage: curtain actor audience spotlight costume seat applaud bow scene
cinema movie: screen popcorn seat dark ticket projector audience
hotel: reception key suitcase lobby lift bellboy room guest desk
bank: counter teller cash money vault note account cheque machine
court courtroom trial: judge jury lawyer gavel robe witness bench defendant
prison jail: bar cell guard handcuffs wall wire lock
construction building site: crane scaffold helmet brick cement excavator worker ladder concrete dig beam
wedding marriage: bride groom ring veil bouquet white cake altar vow church rice dress
birthday: candle cake balloon gift present blow sing crown party hat
funeral: coffin grave black wreath mourn cry flower tomb cemetery
christmas: tree present santa reindeer star candle wreath ornament bauble stocking tinsel
halloween: pumpkin costume ghost witch sweets mask lantern skeleton
easter: egg bunny rabbit basket chocolate hide paint chick
graduation: gown cap diploma tassel hat certificate stage toss university robe
party celebration celebrate: balloon cake music dance glass toast confetti guest champagne cheer streamer
concert: stage band singer crowd guitar drum spotlight microphone audience
parade: march band float crowd flag street uniform wave drum
protest demonstration strike: placard banner sign march shout fist crowd slogan megaphone police
fire burn blaze: smoke flame fire ash orange extinguish hose spark char ember candle match alarm
explosion explode: smoke bang blast debris flame shatter burst fly shard
flood: water submerge knee boat sandbag river overflow drown muddy rise roof wade
earthquake: shake crack collapse rubble tremble swing fall dust
accident crash collision collide: bumper dent skid brake hit smash glass ambulance overturn broken debris crumple
traffic jam: queue car horn bumper stand lane crawl brake
fireworks: sky burst color rocket night bang spark explode
contract lease: signature sign party clause rent tenant landlord agreement paragraph deposit
bill invoice: amount total pay due consumption meter tax vat customer number period account price kwh
receipt: total price item cash change tax shop purchase till
certificate diploma: seal award signature name gold frame honor
passport: photo nationality visa stamp expiry birth country border
ticket boarding pass: seat row gate flight departure train barcode passenger date
menu: dish price starter dessert drink soup main course
map: road river legend scale north compass route border country city contour
recipe: ingredient flour egg oven step minute gram spoon stir bake
letter: stamp envelope dear address sign greeting postmark yours handwriting
newspaper: headline column article print front date page paper
report card: grade subject teacher mark school term
prescription: doctor tablet dose daily medicine patient pharmacy
bar chart histogram: bar axis height column
pie chart: slice circle percent sector share
line graph: axis curve rise fall point slope
school report: grade subject mark teacher term class
calendar: month day week date monday sunday
clock watch time: hand dial hour minute tick numeral
city urban town: skyscraper street traffic tower building pedestrian tram shop bus
village countryside rural: field farm barn cow church lane cottage meadow tractor
street: car pavement pedestrian lamp shop kerb traffic
bridge: river span arch cross cable pillar plank rail rope gorge
tunnel: dark mountain enter lamp rail light exit
roof skylight: ceiling tile chimney top attic above ladder gutter
ceiling: above lamp fan overhead chandelier
ground floor pavement: land carpet tile paving soil rug grass asphalt drop below
stairs staircase: step rail climb banister landing flight floor
basement cellar: stair below dark underground pipe wine
attic loft: beam box ladder dust sloping
balcony terrace: rail plant chair view deck parasol
windowsill window: glass pane curtain sill frame outside
fireplace stove heater: log flame chimney smoke wood iron fire ember pipe poker
indoors inside: wall ceiling carpet lamp room window floor shelf curtain
outdoors outside: sky tree grass street sun cloud field
underwater dive: fish coral bubble reef mask diver tank fin
space: rocket astronaut planet moon star orbit satellite suit float
camp camping: tent fire sleeping backpack lantern forest
picnic: blanket basket sandwich grass thermos meadow
barbecue grill: charcoal sausage tongs smoke meat skewer flame steak
dinner meal lunch: plate fork knife soup glass table eat spoon serve
"""
